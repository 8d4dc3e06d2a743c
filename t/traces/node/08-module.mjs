// An ES module: file:// URLs, and a module that is not there.
import { readFile } from 'node:fs/promises';

export async function config(name) {
    const { default: settings } = await import(`./${name}.mjs`);
    return settings ?? readFile(name);
}

await config('settings');
