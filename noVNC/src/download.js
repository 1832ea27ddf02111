/** Gives the technician a file, as a browser's download. */

/** Saves bytes under a name. Nobody else can read the address that is made for it, and it is gone at once. */
export function saveFile(page, bytes, type, name) {
  const address = URL.createObjectURL(new Blob([bytes], { type }));
  Object.assign(page.createElement("a"), { href: address, download: name }).click();
  URL.revokeObjectURL(address);
}
