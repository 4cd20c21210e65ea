// NumPy's rounding and percentiles.

// To the nearest integer; halves go to the even one.
export function rounded(x) {
  const low = Math.floor(x);
  const rest = x - low;
  return rest === 0.5 ? low + (low % 2 === 0 ? 0 : 1) : Math.round(x);
}

// The value (share 0 to 1) in order of size, interpolated linearly; values: a typed array.
export function quantile(values, share) {
  const sorted = values.slice().sort();
  const place = share * (sorted.length - 1);
  const low = Math.floor(place);
  const next = sorted[Math.min(low + 1, sorted.length - 1)];
  return sorted[low] + (next - sorted[low]) * (place - low);
}

export const median = (values) => quantile(values, 0.5);
export const clipped = (x, low, high) => Math.min(high, Math.max(low, x));
