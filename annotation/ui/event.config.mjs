// Builds the script of an event's page into audit/static/audit/event.js. The log's pages know no manifest of ours: the
// name is plain, and the site's own storage gives it a hashed one.
import { defineConfig } from "vite";

export default defineConfig({
  publicDir: false,
  build: {
    target: "es2022",
    outDir: "../../audit/static/audit",
    emptyOutDir: true,
    modulePreload: { polyfill: false },
    rollupOptions: {
      input: "src/entry/event.ts",
      output: { format: "es", entryFileNames: "event.js" },
    },
  },
});
