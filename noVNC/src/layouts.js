/**
 * Which characters are on which keyboard: what a person could type there, by one key or by a dead key and a letter.
 *
 * Used for telling, not for typing: servers are sent characters (typing.js), and find the keys by themselves. What is
 * on no key is where they differ, so the page says it beforehand.
 */

const LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
const ASCII = `${LETTERS}0123456789 !"#$%&'()*+,-./:;<=>?@[\\]^_\`{|}~`;

/** What a dead key makes of the letters that it is typed before. */
const DEAD = {
  "´": "áéíóúýÁÉÍÓÚÝ",
  "`": "àèìòùÀÈÌÒÙ",
  "^": "âêîôûÂÊÎÔÛ",
  "¨": "äëïöüÿÄËÏÖÜ",
  "~": "ãñõÃÑÕ",
};

/** name: what the portal calls it. keys: beyond ASCII, on keys of their own. dead: dead keys. lacks: of ASCII. */
const KEYBOARDS = {
  us: {},
  gb: { keys: "£¬¦€áéíóúÁÉÍÓÚ" },
  de: { keys: "äöüÄÖÜß§°€²³µ", dead: "´`^" },
  ch: { keys: "äöüéàèç§°€£¢¦¬", dead: "´`^¨~" },
  fr: { keys: "éèàùç§°²£µ¤€", dead: "^¨~`" },
  be: { keys: "éèàùç§°²³£µ€", dead: "^¨~´`" },
  es: { keys: "ñÑçÇ¡¿ºª·¬€", dead: "´`^¨~" },
  it: { keys: "èéòàùìç£§°€", lacks: "~`" },
  pt: { keys: "çÇºª«»£§€", dead: "´`^¨~" },
  br: { keys: "çÇ£¢¬§ªº°¹²³₢", dead: "´`^¨~" },
  nl: { keys: "§°€±µ²³¼½¾£", dead: "´`^¨~" },
  se: { keys: "åäöÅÄÖ§½¤£€µ", dead: "´`^¨~" },
  dk: { keys: "åæøÅÆØ§½¤£€µ", dead: "´`^¨~" },
  no: { keys: "åæøÅÆØ§¤£€µ", dead: "´`^¨~" },
  pl: { keys: "ąćęłńóśźżĄĆĘŁŃÓŚŹŻ€" },
  ru: { keys: "абвгдеёжзийклмнопрстуфхцчшщъыьэюяАБВГДЕЁЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯ№" },
};

/** All characters that somebody could type on a keyboard; null for a name that is none. */
export function charactersOn(name) {
  const keyboard = KEYBOARDS[name];
  if (!keyboard) {
    return null;
  }
  const { keys = "", dead = "", lacks = "" } = keyboard;
  const composed = [...dead].map((key) => key + DEAD[key]).join("");
  return new Set([...ASCII + keys + composed].filter((character) => !lacks.includes(character)));
}

/** The characters of a text that are not on the keyboard, each once; none where the keyboard is not known. */
export function notOn(name, text) {
  const known = charactersOn(name);
  const typed = [...text].filter((character) => character > " ");
  return known ? [...new Set(typed)].filter((character) => !known.has(character)) : [];
}

/** The keyboard that a browser's language suggests: its country where that decides, else the language; US otherwise. */
export function suggested(language) {
  const [tongue, country = ""] = language.toLowerCase().split("-");
  const byCountry = { ch: "ch", be: "be", br: "br", gb: "gb" }[country];
  const byTongue = { en: "us", de: "de", fr: "fr", es: "es", it: "it", pt: "pt", nl: "nl", sv: "se", da: "dk", nb: "no",
    no: "no", pl: "pl", ru: "ru" };
  return byCountry ?? byTongue[tongue] ?? "us";
}
