// Pillow's Image.Resampling.BICUBIC for floats: a = -0.5, its support grows with the reduction; rows first, then columns.

const A = -0.5;
const SUPPORT = 2;

function bicubic(x) {
  x = Math.abs(x);
  if (x < 1) return ((A + 2) * x - (A + 3)) * x * x + 1;
  return x < 2 ? (((x - 5) * x + 8) * x - 4) * A : 0;
}

// For each of `count` results: the first of the values that it is made from, and their weights.
function coefficients(size, count) {
  const scale = size / count;
  const wide = Math.max(scale, 1);
  return Array.from({ length: count }, (_, number) => {
    const center = (number + 0.5) * scale;
    const first = Math.max(0, Math.trunc(center - SUPPORT * wide + 0.5));
    const last = Math.min(size, Math.trunc(center + SUPPORT * wide + 0.5));
    const weights = Float64Array.from({ length: last - first }, (_, i) => bicubic((i + first - center + 0.5) / wide));
    const sum = weights.reduce((total, weight) => total + weight, 0);
    return { first, weights: weights.map((weight) => weight / sum) };
  });
}

// Rows of `columns` values → {data, height, width}; rowOf(number): a row, which is read before the next is asked for.
export function resized(rowOf, rows, columns, height, width) {
  const across = coefficients(columns, width);
  const narrow = new Float32Array(rows * width);
  for (let number = 0; number < rows; number++) {
    const row = rowOf(number);
    for (let j = 0; j < width; j++) {
      const { first, weights } = across[j];
      let sum = 0;
      for (let k = 0; k < weights.length; k++) sum += row[first + k] * weights[k];
      narrow[number * width + j] = sum;
    }
  }
  return { data: shorter(narrow, rows, width, height), height, width };
}

function shorter(narrow, rows, width, height) {
  const data = new Float32Array(height * width);
  const sums = new Float64Array(width);
  for (const [i, { first, weights }] of coefficients(rows, height).entries()) {
    sums.fill(0);
    for (const [k, weight] of weights.entries()) {
      const start = (first + k) * width;
      for (let j = 0; j < width; j++) sums[j] += narrow[start + j] * weight;
    }
    data.set(sums, i * width);
  }
  return data;
}
