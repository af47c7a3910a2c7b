// What the compiler's own parser sees in our sources: function lengths, casts, `any`. For tidy.test.ts.
import { resolve } from 'node:path'
import { type Node, type SourceFile, SyntaxKind } from 'typescript/unstable/ast'
import { API } from 'typescript/unstable/sync'

export type Found = { readonly path: string; readonly line: number; readonly text: string }
export type Long = Found & { readonly lines: number }
export type Syntax = {
  /** Every function, method and arrow with its length in lines. */
  readonly functions: readonly Long[]
  readonly casts: readonly Found[]
  readonly anys: readonly Found[]
  readonly assertions: readonly Found[]
}

const FUNCTIONS: readonly SyntaxKind[] = [
  SyntaxKind.FunctionDeclaration,
  SyntaxKind.FunctionExpression,
  SyntaxKind.ArrowFunction,
  SyntaxKind.MethodDeclaration,
  SyntaxKind.Constructor,
  SyntaxKind.GetAccessor,
  SyntaxKind.SetAccessor,
]
const CASTS: readonly SyntaxKind[] = [SyntaxKind.AsExpression, SyntaxKind.TypeAssertionExpression]

/** Parses every file of the project in tsconfig.json; paths are relative to `root`. */
export function syntaxOf(root: string): Syntax {
  const api = new API({ cwd: root })
  try {
    const config = resolve(root, 'tsconfig.json')
    const program = api.updateSnapshot({ openProject: config }).getProject(config)?.program
    if (program === undefined) throw new Error(`cannot parse the project of ${config}`)
    const names = program
      .getSourceFileNames()
      .filter((name) => name.startsWith(`${root}/`) && !name.includes('/node_modules/'))
    const files = names.flatMap((name) => program.getSourceFile(name) ?? [])
    return scan(files, (file) => file.fileName.slice(root.length + 1))
  } finally {
    api.close()
  }
}

function scan(files: readonly SourceFile[], pathOf: (file: SourceFile) => string): Syntax {
  const functions: Long[] = []
  const casts: Found[] = []
  const anys: Found[] = []
  const assertions: Found[] = []
  for (const file of files) {
    const path = pathOf(file)
    const lineAt = lineFinder(file.text)
    const visit = (node: Node): void => {
      const start = node.getStart(file)
      const text = () => file.text.slice(start, node.end).split('\n')[0]?.slice(0, 80) ?? ''
      const found = () => ({ path, line: lineAt(start), text: text() })
      if (FUNCTIONS.includes(node.kind)) {
        functions.push({ ...found(), lines: lineAt(node.end) - lineAt(start) + 1 })
      }
      if (CASTS.includes(node.kind) && !/\bas const$/.test(file.text.slice(start, node.end))) {
        casts.push(found())
      }
      if (node.kind === SyntaxKind.AnyKeyword) anys.push(found())
      if (node.kind === SyntaxKind.NonNullExpression) assertions.push(found())
      node.forEachChild(visit)
    }
    visit(file)
  }
  return { functions, casts, anys, assertions }
}

/** 1-based line of a position, by halves. */
function lineFinder(text: string): (position: number) => number {
  const starts = [0]
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1)
  return (position) => {
    let low = 0
    let high = starts.length
    while (high - low > 1) {
      const middle = (low + high) >> 1
      if ((starts[middle] ?? 0) <= position) low = middle
      else high = middle
    }
    return low + 1
  }
}
