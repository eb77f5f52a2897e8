// What a check says: of this installation, or of who can look us up.

export type Status = 'ok' | 'warn' | 'fail' | 'not checked';

export interface Finding {
  readonly status: Status;
  /** What was found. */
  readonly found: string;
  /** What to do; null when nothing is to be done. */
  readonly todo: string | null;
}

export const ok = (found: string): Finding => ({ status: 'ok', found, todo: null });
export const warn = (found: string, todo: string): Finding => ({ status: 'warn', found, todo });
export const fail = (found: string, todo: string): Finding => ({ status: 'fail', found, todo });
export const notChecked = (found: string, todo: string | null = null): Finding => ({
  status: 'not checked',
  found,
  todo,
});

/** The worst of several, with everything that was found. */
export function worst(findings: readonly Finding[]): Finding {
  const order: readonly Status[] = ['fail', 'warn', 'ok', 'not checked'];
  const status = order.find((one) => findings.some((finding) => finding.status === one)) ?? 'not checked';
  const todos = [...new Set(findings.flatMap(({ todo }) => (todo === null ? [] : [todo])))];
  return {
    status,
    found: findings.map(({ found }) => found).join('; '),
    todo: todos.length === 0 ? null : todos.join(' '),
  };
}
