"""The text beside the kit's programs: what they are, what to start, how to stop.

In the customer's language, as the Notepad of every Windows reads it: UTF-8 with its mark in front, and CRLF. It is one
piece, broken into lines by hand, so each translation stands here whole.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class _Text:
    name: str
    body: str


_TEXTS = {
    "en": _Text(
        "README.txt",
        """\
Help with your computer

{technician} wants to help you with this computer.

What to do
1. Unpack the whole zip file: click it with the right mouse button,
   then choose "Extract All...".
2. In the folder that this makes, double-click "connect".
   Windows may show it as "connect.bat".

How to stop
Close the window of "connect". Or open this page and press End now:
{page}

Nothing is installed. When you have finished, delete the folder.

What is in this folder
The programs are exactly as their makers published them. Their settings
are in none of them. SHA-256:
""",
    ),
    "de": _Text(
        "LIESMICH.txt",
        """\
Hilfe für Ihren Computer

{technician} möchte Ihnen mit diesem Computer helfen.

Was zu tun ist
1. Entpacken Sie die ganze Zip-Datei: mit der rechten Maustaste
   anklicken, dann „Alle extrahieren...“ wählen.
2. Klicken Sie in dem Ordner, der dabei entsteht, doppelt auf „connect“.
   Windows zeigt es vielleicht als „connect.bat“.

Wie Sie aufhören
Schließen Sie das Fenster von „connect“. Oder öffnen Sie diese Seite und
beenden Sie die Hilfe dort:
{page}

Es wird nichts installiert. Wenn Sie fertig sind, löschen Sie den Ordner.

Was in diesem Ordner ist
Die Programme sind genau so, wie ihre Hersteller sie veröffentlicht
haben. Ihre Einstellungen stehen in keinem von ihnen. SHA-256:
""",
    ),
    "fr": _Text(
        "LISEZMOI.txt",
        """\
De l'aide pour votre ordinateur

{technician} souhaite vous aider avec cet ordinateur.

Ce qu'il faut faire
1. Décompressez tout le fichier zip : cliquez dessus avec le bouton
   droit de la souris, puis choisissez « Extraire tout... ».
2. Dans le dossier ainsi créé, double-cliquez sur « connect ».
   Windows l'affiche peut-être sous le nom « connect.bat ».

Comment arrêter
Fermez la fenêtre de « connect ». Ou ouvrez cette page et mettez-y fin :
{page}

Rien n'est installé. Quand vous avez terminé, supprimez le dossier.

Ce que contient ce dossier
Les programmes sont exactement tels que leurs auteurs les ont publiés.
Leurs réglages ne sont dans aucun d'eux. SHA-256 :
""",
    ),
    "es": _Text(
        "LEEME.txt",
        """\
Ayuda con su ordenador

{technician} desea ayudarle con este ordenador.

Qué hay que hacer
1. Descomprima todo el archivo zip: haga clic en él con el botón
   derecho del ratón y elija «Extraer todo...».
2. En la carpeta que aparece, haga doble clic en «connect».
   Puede que Windows lo muestre como «connect.bat».

Cómo terminar
Cierre la ventana de «connect». O abra esta página y termine allí:
{page}

No se instala nada. Cuando haya terminado, borre la carpeta.

Qué hay en esta carpeta
Los programas están exactamente como los publicaron sus autores. Su
configuración no está en ninguno de ellos. SHA-256:
""",
    ),
    "pt": _Text(
        "LEIAME.txt",
        """\
Ajuda com o seu computador

{technician} quer ajudar com este computador.

O que fazer
1. Descompacte todo o arquivo zip: clique nele com o botão direito
   do mouse e escolha "Extrair tudo...".
2. Na pasta criada, clique duas vezes em "connect".
   O Windows talvez mostre o nome "connect.bat".

Como parar
Feche a janela de "connect". Ou abra esta página e encerre a ajuda lá:
{page}

Nada é instalado. Quando terminar, apague a pasta.

O que há nesta pasta
Os programas estão exatamente como os seus autores os publicaram. As
configurações não estão em nenhum deles. SHA-256:
""",
    ),
    "ru": _Text(
        "README.txt",
        """\
Помощь с вашим компьютером

{technician} хочет помочь вам с этим компьютером.

Что нужно сделать
1. Распакуйте весь zip-файл: щёлкните по нему правой кнопкой мыши
   и выберите «Извлечь все...».
2. В появившейся папке дважды щёлкните по файлу «connect».
   Windows может показать его как «connect.bat».

Как остановить
Закройте окно «connect». Или откройте эту страницу и завершите там:
{page}

Ничего не устанавливается. Когда закончите, удалите папку.

Что находится в этой папке
Программы точно такие, какими их выпустили авторы. Настройки
хранятся не в них. SHA-256:
""",
    ),
}


def readme(language: str, technician: str, page: str, programs: Mapping[str, bytes]) -> tuple[str, bytes]:
    """The name of the text in `language`, and the text: whose help it is, where the page is, what the programs are."""
    text = _TEXTS[language]
    lines = [*text.body.format(technician=technician, page=page).splitlines(), *_hashes(programs)]
    return text.name, b"\xef\xbb\xbf" + "".join(f"{line}\r\n" for line in lines).encode()


def _hashes(programs: Mapping[str, bytes]) -> Iterator[str]:
    for name, data in programs.items():
        yield f"  {name}"
        yield f"    {hashlib.sha256(data).hexdigest()}"
