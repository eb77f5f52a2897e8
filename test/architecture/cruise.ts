// Reads the imports of a tree with dependency-cruiser and holds them against rules.
import { cruise, type ICruiseResult, type IForbiddenRuleType } from 'dependency-cruiser';

/** Folders whose imports are read. */
export const FOLDERS = ['services', 'migrations', 'scripts', 'test'] as const;

/** What was seen of a tree: its modules with their imports, and the violations of the rules. */
export interface Seen {
  readonly modules: ICruiseResult['modules'];
  /** One line each: `rule: from -> to`. */
  readonly violations: readonly { readonly rule: string; readonly from: string; readonly to: string }[];
}

/**
 * Reads the folders of `root` that exist. Types count as imports; packages are resolved and not entered. swc parses, because TypeScript 7
 * has no API for it.
 */
export async function readTree(
  root: string,
  folders: readonly string[],
  rules: readonly IForbiddenRuleType[],
): Promise<Seen> {
  const { output } = await cruise(
    [...folders],
    {
      baseDir: root,
      parser: 'swc',
      tsPreCompilationDeps: true,
      doNotFollow: { path: 'node_modules' },
      validate: true,
      ruleSet: { forbidden: [...rules] },
    },
    {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default'],
      extensions: ['.ts', '.mjs', '.js', '.json'],
    },
  );
  if (typeof output === 'string') throw new Error('dependency-cruiser was asked for data and gave text');
  return {
    modules: output.modules,
    violations: output.summary.violations.map(({ rule, from, to }) => ({ rule: rule.name, from, to })),
  };
}
