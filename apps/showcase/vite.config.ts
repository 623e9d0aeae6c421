import { readdirSync } from "node:fs";
import { join } from "node:path";
import { defaultClientConditions, defineConfig } from "vite";
import { siteHeader } from "./site-header.ts";

const pages = join(import.meta.dirname, "pages");

/** Every .html file in pages/ is a page of the site. */
const entries = readdirSync(pages).filter((name) => name.endsWith(".html"));

export default defineConfig(({ command }) => ({
  root: pages,
  // `npm run dev` needs no build; what is built takes the packages as they are published.
  resolve:
    command === "serve" ? { conditions: ["@openline/source", ...defaultClientConditions] } : {},
  appType: "mpa",
  plugins: [siteHeader(pages)],
  build: {
    outDir: join(import.meta.dirname, "dist/pages"),
    emptyOutDir: true,
    target: "es2022",
    // The content security policy allows no `data:` fonts or scripts.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: { input: entries.map((name) => join(pages, name)) },
  },
}));
