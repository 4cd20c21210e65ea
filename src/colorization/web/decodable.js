// Which kinds of photographs this browser reads: all read the first ones, Safari the others; a tiny picture of each is tried.

const ALL = "image/jpeg,image/png,image/webp,image/avif,image/gif,image/bmp";
const TRIED = {
  "image/tiff,.tif,.tiff":
    "SUkqAAgAAAAJAAABBAABAAAAAQAAAAEBBAABAAAAAQAAAAIBAwABAAAACAAAAAMBAwABAAAAAQAAAAYBAwABAAAAAQAAABEBBAABAAAAegAA" +
    "ABYBBAABAAAAAQAAABcBBAABAAAAAQAAABwBAwABAAAAAQAAAAAAAACA",
  "image/heic,image/heif,.heic,.heif":
    "AAAAHGZ0eXBoZWl4AAAAAG1pZjFoZWl4bWlhZgAAAU5tZXRhAAAAAAAAACFoZGxyAAAAAAAAAABwaWN0AAAAAAAAAAAAAAAAAAAAACJpbG9j" +
    "AAAAAERAAAEAAQAAAAABcgABAAAAAAAAAA0AAAAjaWluZgAAAAAAAQAAABVpbmZlAgAAAAABAABodmMxAAAAAA5waXRtAAAAAAABAAAAzmlw" +
    "cnAAAACvaXBjbwAAAHJodmNDAQQIAAAAn/gAAAAAHvAA/Pz4+AAADwNgAAEAF0ABDAH//wQIAAADAJ/4AAADAAAeugJAYQABACZCAQEECAAA" +
    "AwCf+AAAAwAAHsCCBBZbqSSmubAgAAADAyAAAAMAIWIAAQAHRAHBcrAiQAAAABNjb2xybmNseAABAA0ABoAAAAAUaXNwZQAAAAAAAABAAAAA" +
    "QAAAAA5waXhpAAAAAAEIAAAAF2lwbWEAAAAAAAAAAQABBIECAwQAAAAVbWRhdAAAAAkoAa4IMPKLFvg=",
};

// For the file dialog.
export async function decodable() {
  const kinds = await Promise.all(Object.entries(TRIED).map(async ([kinds, picture]) => ((await read(picture)) ? kinds : "")));
  return [ALL, ...kinds].filter(Boolean).join(",");
}

const read = (picture) =>
  createImageBitmap(new Blob([Uint8Array.from(atob(picture), (sign) => sign.charCodeAt(0))])).then(() => true, () => false);
