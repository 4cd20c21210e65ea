// JPEGs whose end is missing; as imaging/jpeg_end.py, which explains it.

const [START_OF_SCAN, END] = [0xda, 0xd9];
const bare = (kind) => kind === 1 || (kind >= 0xd0 && kind <= 0xd8); // markers without a segment

// The bytes of a JPEG up to its last whole segment, with an end; null if it has one, or no pixels.
export function withEnd(bytes) {
  let [at, scans, end] = [0, 0, bytes.length];
  for (let kind; (at = marker(bytes, at)) >= 0; ) {
    kind = bytes[at + 1];
    if (kind === END) return null;
    const start = at;
    at += 2;
    if (bare(kind)) continue;
    const length = at + 1 < bytes.length ? (bytes[at] << 8) + bytes[at + 1] : Infinity;
    if (at + Math.max(length, 2) > bytes.length) {
      end = start;
      break;
    }
    scans += kind === START_OF_SCAN;
    at += length;
  }
  while (end && !bytes[end - 1]) end--;
  if (!scans) return null;
  const ended = new Uint8Array(end + 2);
  ended.set(bytes.subarray(0, end));
  ended.set([0xff, END], end);
  return ended;
}

// Where the next marker begins: FF and neither 0 nor FF; -1 behind the last.
function marker(bytes, from) {
  for (let at = bytes.indexOf(0xff, from); at >= 0; at = bytes.indexOf(0xff, at + 1)) {
    if (at + 1 < bytes.length && bytes[at + 1] !== 0 && bytes[at + 1] !== 0xff) return at;
  }
  return -1;
}
