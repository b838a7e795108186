// Builds the verifier as one page, audit/built/verify.html: script and style stand in it, readable, and its policy
// lets nothing else in. The same sources give the same bytes.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { defineConfig } from "vite";

const digest = (text) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;

/** Replace the words of the page's own markup by script, style and the policy over both. */
export function pageOf(markup, script, style) {
  if (/<\/(?:script|style)/i.test(script + style)) throw new Error("the script or the style ends too early");
  const policy = [
    "default-src 'none'",
    `script-src ${digest(script)}`,
    `style-src ${digest(style)}`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");
  return markup
    .replace("POLICY", () => policy)
    .replace(/<style>\s*STYLE\s*<\/style>/, () => `<style>${style}</style>`)
    .replace(/<script>\s*SCRIPT;?\s*<\/script>/, () => `<script>${script}</script>`);
}

const onePage = {
  name: "one-page",
  apply: "build",
  generateBundle(_, bundle) {
    const [entry] = Object.values(bundle).filter((each) => each.type === "chunk");
    const markup = readFileSync("src/entry/verify.html", "utf8");
    const style = readFileSync("src/style/verify.css", "utf8");
    for (const name of Object.keys(bundle)) delete bundle[name];
    this.emitFile({ type: "asset", fileName: "verify.html", source: pageOf(markup, entry.code, style) });
  },
};

export default defineConfig({
  plugins: [onePage],
  publicDir: false,
  build: {
    target: "es2022",
    outDir: "../../audit/built",
    emptyOutDir: true,
    minify: false,
    modulePreload: { polyfill: false },
    rollupOptions: { input: "src/entry/verify.ts", output: { format: "iife", comments: true } },
  },
});
