import { type ESTree, parseSync, Visitor } from "vite";

/** What a source file leans on. */
export interface Source {
  /** Every module specifier: static, dynamic, `require`, and in types; in order, each once. */
  readonly imports: readonly string[];
  /** Names used as values without being declared in the file, and `Math.random` as one name. */
  readonly globals: readonly string[];
}

/**
 * Reads a TypeScript file's imports and free names by a real parser, so that what stands in
 * comments, strings and templates does not count.
 *
 * A name that is declared anywhere in the file counts as declared everywhere in it.
 *
 * @throws SyntaxError if the text does not parse
 */
export function readSource(path: string, text: string): Source {
  const { program, errors } = parseSync(path, text);
  if (errors.length > 0) throw new SyntaxError(`${path}: ${errors[0]?.message}`);
  const imports = new Set<string>();
  const walk = new NameWalk();
  walk.visit(program);

  function add(source: { readonly type: string; readonly value?: unknown } | null): void {
    if (source?.type === "Literal" && typeof source.value === "string") imports.add(source.value);
  }
  new Visitor({
    ImportDeclaration: (node) => add(node.source),
    ExportNamedDeclaration: (node) => add(node.source),
    ExportAllDeclaration: (node) => add(node.source),
    ImportExpression: (node) => add(node.source),
    TSImportType: (node) => add(node.source),
    TSExternalModuleReference: (node) => add(node.expression),
    CallExpression: (node) => {
      const isRequire = node.callee.type === "Identifier" && node.callee.name === "require";
      if (isRequire) add(node.arguments[0] ?? null);
    },
  }).visit(program);

  const globals = [...walk.used].filter((name) => !walk.declared.has(name));
  return { imports: [...imports], globals };
}

/** A node with its fields open, for a walk that treats most kinds alike. */
type AnyNode = { readonly type: string } & Readonly<Record<string, unknown>>;

/** TypeScript's wrappers around a value; every other `TS…` node is a type and is skipped. */
const valueWrappers = new Set([
  "TSAsExpression",
  "TSSatisfiesExpression",
  "TSNonNullExpression",
  "TSTypeAssertion",
  "TSInstantiationExpression",
  "TSParameterProperty",
  "TSExportAssignment",
]);

/** Fields that hold a label or a key rather than a reference, unless the node is `computed`. */
const plainNames: Readonly<Record<string, string>> = {
  MemberExpression: "property",
  Property: "key",
  MethodDefinition: "key",
  PropertyDefinition: "key",
  AccessorProperty: "key",
  LabeledStatement: "label",
  BreakStatement: "label",
  ContinueStatement: "label",
};

class NameWalk {
  readonly declared: Set<string> = new Set();
  readonly used: Set<string> = new Set();

  visit(value: unknown): void {
    if (Array.isArray(value)) {
      for (const each of value) this.visit(each);
    } else if (isNode(value)) {
      this.#visitNode(value);
    }
  }

  #visitNode(node: AnyNode): void {
    if (node.type.startsWith("TS") && !valueWrappers.has(node.type)) return;
    switch (node.type) {
      case "Identifier":
        this.used.add(String(node.name));
        return;
      case "ImportDeclaration":
        for (const specifier of node.specifiers as AnyNode[]) this.#declare(specifier.local);
        return;
      case "ExportNamedDeclaration":
        if (node.source) return;
        this.visit(node.declaration);
        for (const specifier of node.specifiers as AnyNode[]) this.visit(specifier.local);
        return;
      case "ExportAllDeclaration":
      case "MetaProperty":
        return;
      case "VariableDeclarator":
      case "FunctionDeclaration":
      case "FunctionExpression":
      case "ClassDeclaration":
      case "ClassExpression":
        this.#declare(node.id);
        this.#declare(node.params);
        break;
      case "ArrowFunctionExpression":
        this.#declare(node.params);
        break;
      case "CatchClause":
        this.#declare(node.param);
        break;
      case "MemberExpression":
        if (isMathRandom(node)) this.used.add("Math.random");
        break;
    }
    const plain = node.computed === true ? undefined : plainNames[node.type];
    for (const [field, child] of Object.entries(node)) {
      if (field !== plain && field !== "typeAnnotation") this.visit(child);
    }
  }

  /** Notes every name that a binding pattern brings in; its defaults are visited as values. */
  #declare(pattern: unknown): void {
    if (Array.isArray(pattern)) {
      for (const each of pattern) this.#declare(each);
      return;
    }
    if (!isNode(pattern)) return;
    switch (pattern.type) {
      case "Identifier":
        this.declared.add(String(pattern.name));
        return;
      case "ObjectPattern":
        this.#declare(pattern.properties);
        return;
      case "ArrayPattern":
        this.#declare(pattern.elements);
        return;
      case "Property":
        this.#declare(pattern.value);
        return;
      case "AssignmentPattern":
        this.#declare(pattern.left);
        return;
      case "RestElement":
        this.#declare(pattern.argument);
        return;
      case "TSParameterProperty":
        this.#declare(pattern.parameter);
        return;
    }
  }
}

function isMathRandom(node: AnyNode): boolean {
  const object = node.object as ESTree.Expression;
  const property = node.property as { readonly name?: string; readonly value?: unknown };
  const isRandom = property.name === "random" || property.value === "random";
  return object.type === "Identifier" && object.name === "Math" && isRandom;
}

function isNode(value: unknown): value is AnyNode {
  return typeof value === "object" && value !== null && "type" in value;
}
