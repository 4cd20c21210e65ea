// A CSS colour, read by the browser.

const context = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });

// [r, g, b] in 0..255, or null for what is no colour.
export function colourOf(text) {
  const read = ["#000000", "#ffffff"].map((other) => {
    context.fillStyle = other;
    context.fillStyle = text; // stays as it is for what is no colour
    return context.fillStyle;
  });
  if (read[0] !== read[1]) return null;
  context.clearRect(0, 0, 1, 1);
  context.fillRect(0, 0, 1, 1);
  return [...context.getImageData(0, 0, 1, 1).data.subarray(0, 3)];
}
