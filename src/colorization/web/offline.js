// Keep the page for visits without a network: a service worker stores its files.

export async function offline() {
  try {
    await navigator.serviceWorker?.register(new URL("../service_worker.js", import.meta.url));
  } catch {
    // The page works without one, as in a private window or without https.
  }
}
