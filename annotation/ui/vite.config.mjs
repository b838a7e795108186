// Builds the workspace into annotation/static/ui/: hashed names, one manifest, nothing inline, no address.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { defineConfig } from "vite";

/**
 * Beside each built script and sheet, the same compressed: WhiteNoise sends what the browser takes. Only files that
 * are the same for everybody: a page with secrets is never compressed, because its size would tell of them.
 */
const compressed = {
  name: "compressed",
  apply: "build",
  writeBundle({ dir }) {
    const assets = join(dir, "assets");
    for (const name of readdirSync(assets).filter((name) => /\.(?:js|css)$/.test(name))) {
      const content = readFileSync(join(assets, name));
      const best = { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY };
      writeFileSync(join(assets, `${name}.gz`), gzipSync(content, { level: 9 }));
      writeFileSync(join(assets, `${name}.br`), brotliCompressSync(content, { params: best }));
    }
  },
};

export default defineConfig({
  base: "./",
  plugins: [compressed],
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: {
    target: "es2022",
    // Browsers that know light-dark(): the site's own sheets use it, and rewritten it would not follow them.
    cssTarget: ["chrome123", "firefox120", "safari17.5"],
    outDir: "../static/ui",
    emptyOutDir: true,
    manifest: "manifest.json",
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    rollupOptions: {
      input: {
        label: "src/entry/label.tsx",
        practice: "src/entry/practice.tsx",
        preview: "src/entry/preview.tsx",
        schema: "src/entry/schema.tsx",
      },
    },
  },
  test: { environment: "happy-dom", include: ["test/**/*.test.{ts,tsx}"] },
});
