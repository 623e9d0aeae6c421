import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../workspaces.ts";

/** A fenced block of code in a Markdown file. */
export interface CodeBlock {
  /** The first word after the fence: `js`, `ts`, `sh`; empty if there is none. */
  readonly language: string;
  /** The other words after the fence, such as `runnable`. */
  readonly marks: readonly string[];
  readonly code: string;
  /** The line of the opening fence, from 1. */
  readonly line: number;
}

/** Finds the blocks of code between ``` fences that begin a line. */
export function readCodeBlocks(markdown: string): CodeBlock[] {
  const blocks: CodeBlock[] = [];
  let open: { info: string; line: number; lines: string[] } | undefined;
  for (const [index, text] of markdown.split("\n").entries()) {
    const fence = /^\s*```(.*)$/.exec(text);
    if (!fence) {
      open?.lines.push(text);
    } else if (open) {
      const [language = "", ...marks] = open.info.split(/\s+/);
      blocks.push({ language, marks, code: `${open.lines.join("\n")}\n`, line: open.line });
      open = undefined;
    } else {
      open = { info: fence[1]?.trim() ?? "", line: index + 1, lines: [] };
    }
  }
  return blocks;
}

/** Finds the targets of `[text](target)` links and images, outside of code. */
export function readLinks(markdown: string): string[] {
  const prose = markdown
    .replaceAll(/^\s*```[\s\S]*?^\s*```/gm, "")
    .replaceAll(/`[^`\n]*`/g, "code");
  return [...prose.matchAll(/\]\(([^)\s]+)[^)]*\)/g)].map((match) => match[1] ?? "");
}

/**
 * The anchors that a file's headings give, as GitHub makes them: lower case, without
 * punctuation, dashes for spaces, and a number behind those that were there before.
 */
export function readAnchors(markdown: string): Set<string> {
  const prose = markdown.replaceAll(/^\s*```[\s\S]*?^\s*```/gm, "");
  const anchors = new Set<string>();
  for (const [, heading = ""] of prose.matchAll(/^#{1,6}\s+(.+)$/gm)) {
    const anchor = heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, "")
      .trim()
      .replaceAll(/\s/g, "-");
    let unique = anchor;
    for (let count = 1; anchors.has(unique); count++) unique = `${anchor}-${count}`;
    anchors.add(unique);
  }
  return anchors;
}

/** The values that a snippet says it prints: the comment behind each `console.log`, in order. */
export function readExpectedOutput(code: string): string[] {
  return [...code.matchAll(/console\.log\(.*\);\s*\/\/ (.*)$/gm)].map((match) => match[1] ?? "");
}

/** Every Markdown file of the repository, path from the root → text. */
export function readMarkdownFiles(): Map<string, string> {
  const files = new Map<string, string>();

  function read(folder: string): void {
    for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
      const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
      const isHidden = entry.name.startsWith(".");
      if (entry.isDirectory()) {
        if (!isHidden && entry.name !== "node_modules" && entry.name !== "dist") read(path);
      } else if (entry.name.endsWith(".md")) {
        files.set(path, readFileSync(join(root, path), "utf8"));
      }
    }
  }

  read("");
  return files;
}
