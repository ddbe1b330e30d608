// What a TypeScript file imports, in whatever way, by the parser that vite brings: the compiler offers none.
import { parseSync } from 'vite';

export interface FileImport {
  /** As it is written; undefined where it is put together at run time. */
  readonly specifier: string | undefined;
  /** From 1. */
  readonly line: number;
}

interface Node {
  readonly type: string;
  readonly start: number;
  readonly [field: string]: unknown;
}

/** Static, type-only and dynamic imports, `export … from`, `import('…').Type` and `import x = require('…')`. */
export function fileImports(path: string, text: string): FileImport[] {
  const { program, errors } = parseSync(path, text);
  if (errors[0] !== undefined) throw new Error(`${path} cannot be parsed: ${errors[0].message}`);
  const found: FileImport[] = [];
  const visit = (node: Node): void => {
    const source = sourceOf(node);
    if (isNode(source)) found.push({ specifier: textOf(source), line: text.slice(0, source.start).split('\n').length });
    for (const child of Object.values(node).flat()) if (isNode(child)) visit(child);
  };
  if (isNode(program)) visit(program);
  return found;
}

function sourceOf(node: Node): unknown {
  switch (node.type) {
    case 'ImportDeclaration':
    case 'ExportNamedDeclaration':
    case 'ExportAllDeclaration':
    case 'ImportExpression':
    case 'TSImportType':
      return node.source;
    case 'TSExternalModuleReference':
      return node.expression;
    default:
      return undefined;
  }
}

function textOf(source: Node): string | undefined {
  if (source.type === 'Literal' && typeof source.value === 'string') return source.value;
  const { quasis, expressions } = source;
  if (source.type !== 'TemplateLiteral' || !Array.isArray(quasis) || !Array.isArray(expressions)) return undefined;
  return expressions.length === 0 ? String(quasis[0]?.value?.cooked) : undefined;
}

const isNode = (value: unknown): value is Node =>
  typeof value === 'object' && value !== null && 'type' in value && 'start' in value;
