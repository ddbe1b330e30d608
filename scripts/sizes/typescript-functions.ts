// The functions of a TypeScript or JavaScript file, found by the parser that vite brings: the compiler offers none.
import { parseSync } from 'vite';
import { type FunctionSpan, lineFinder } from './function-spans.ts';

interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [field: string]: unknown;
}

const FUNCTIONS: ReadonlySet<string> = new Set([
  'FunctionDeclaration',
  'FunctionExpression',
  'ArrowFunctionExpression',
]);

/** @throws an Error with the parser's message where the file cannot be parsed. */
export function typescriptFunctions(path: string, text: string): FunctionSpan[] {
  const { program, errors } = parseSync(path, text);
  if (errors[0] !== undefined) throw new Error(errors[0].message);
  const lineOf = lineFinder(text);
  const found: FunctionSpan[] = [];
  const visit = (node: Node, parent: Node | undefined): void => {
    const { type, start, end } = node;
    if (FUNCTIONS.has(type))
      found.push({ name: nameOf(node, parent), start, end, firstLine: lineOf(start), lastLine: lineOf(end - 1) });
    for (const child of Object.values(node).flat()) if (isNode(child)) visit(child, node);
  };
  if (isNode(program)) visit(program, undefined);
  return found;

  function nameOf(node: Node, parent: Node | undefined): string {
    const textOf = (part: unknown): string => (isNode(part) ? text.slice(part.start, part.end) : '');
    if (isNode(node.id)) return textOf(node.id);
    switch (parent?.type) {
      case 'VariableDeclarator':
        return textOf(parent.id).replace(/[:=].*/s, '');
      case 'Property':
      case 'MethodDefinition':
      case 'PropertyDefinition':
        return textOf(parent.key);
      case 'AssignmentExpression':
        return textOf(parent.left);
      case 'CallExpression':
        return `what is given to ${textOf(parent.callee).split('\n')[0]}`;
      default:
        return 'a function without a name';
    }
  }
}

const isNode = (value: unknown): value is Node =>
  typeof value === 'object' && value !== null && 'type' in value && 'start' in value && 'end' in value;
