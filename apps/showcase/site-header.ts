import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Plugin } from "vite";

const mark = /<!-- site-header: (\w+) -->/;

/**
 * Puts the header that all pages share where a page says `<!-- site-header: chat -->`,
 * with the link to that page marked as the current one.
 */
export function siteHeader(pages: string): Plugin {
  const file = join(pages, "site/header.html");
  return {
    name: "site-header",
    transformIndexHtml: {
      order: "pre",
      handler(html, { filename }) {
        const page = mark.exec(html)?.[1];
        const header = readFileSync(file, "utf8");
        const link = `data-page="${page}"`;
        if (page === undefined || !header.includes(link)) {
          throw new Error(
            `${filename} needs a line <!-- site-header: NAME --> with a NAME in site/header.html`,
          );
        }
        const marked = header.replace(link, `aria-current="page"`);
        return html.replace(mark, () => marked.replaceAll(/ data-page="\w+"/g, ""));
      },
    },
  };
}
