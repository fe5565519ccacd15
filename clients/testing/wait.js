const step = 100; // milliseconds

/** Polls until check gives something that is true, and gives it back. */
export async function waitUntil(what, patience, check) {
  for (const end = Date.now() + patience; ;) {
    const found = await check();
    if (found) return found;
    if (Date.now() > end) throw new Error(`waited ${patience / 1000} s until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, step));
  }
}
