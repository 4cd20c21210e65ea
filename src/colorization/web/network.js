// The network, run by ONNX Runtime Web: WebAssembly with SIMD, and with threads where the page is isolated.

import * as ort from "../vendor/ort.js";

const MOST_THREADS = 4;

// wasm, model: bytes. → (L, known) → normalised ab; L is a plane, known a map of hints (three planes) or null.
export async function opened(wasm, model) {
  ort.env.logLevel = "error";
  ort.env.wasm.wasmBinary = wasm;
  ort.env.wasm.numThreads = self.crossOriginIsolated ? Math.min(MOST_THREADS, navigator.hardwareConcurrency) : 1;
  const session = await ort.InferenceSession.create(model, { executionProviders: ["wasm"] });
  return async ({ data, height, width }, known) => {
    const size = height * width;
    const hints = new Float32Array(3 * size);
    known?.planes.forEach((plane, c) => hints.set(plane, c * size));
    const { ab } = await session.run({
      L: new ort.Tensor("float32", data, [1, 1, height, width]),
      known: new ort.Tensor("float32", hints, [1, 3, height, width]),
    });
    return { planes: [ab.data.slice(0, size), ab.data.slice(size)], height, width };
  };
}
