// Builds the workspace into annotation/static/ui/: hashed names, one manifest, nothing inline, no address.
import { defineConfig } from "vite";

export default defineConfig({
  base: "./",
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
