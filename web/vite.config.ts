import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { constants, gzip } from "node:zlib";
import { defineConfig, type Plugin } from "vite";
import solid from "vite-plugin-solid";

const compress = promisify(gzip);

/** Leaves a compressed copy beside each file, so that the server compresses nothing. */
function compressed(): Plugin {
  return {
    name: "compressed",
    apply: "build",
    async writeBundle({ dir = "dist" }) {
      const files = await readdir(dir, { recursive: true, withFileTypes: true });
      for (const file of files.filter((file) => file.isFile() && /\.(html|js|css|svg)$/.test(file.name))) {
        const path = join(file.parentPath, file.name);
        await writeFile(`${path}.gz`, await compress(await readFile(path), { level: constants.Z_BEST_COMPRESSION }));
      }
    },
  };
}

// Everything is a file of our own host: the policy of the server allows nothing else, so nothing is
// inlined into the page.
export default defineConfig({
  plugins: [solid(), compressed()],
  build: {
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    target: "es2023",
  },
  server: { proxy: { "/api": "http://127.0.0.1:7117" } },
});
