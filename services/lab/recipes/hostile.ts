// Hosts that mean harm, are broken, or are not there.
import { HOSTILE } from '../behaviours/hostile.ts';
import { selfIssued } from '../component-certificates.ts';
import { NOT_KUBERNETES, type Recipe, service } from './recipe.ts';

const scripted = Object.entries(HOSTILE).map(
  ([name, script]): Recipe => ({
    name: `hostile-${name}`,
    weight: script.weight,
    named: 0,
    plan: (site) => {
      const tls = script.layer === 'tls';
      return [
        service({
          port: site.random.pick([6443, 443]),
          kind: 'hostile',
          transport: 'tls',
          script: name,
          certificate: tls
            ? selfIssued([['CN', 'server.local']], [], new Date(site.now.getTime() - 86_400_000 * 30), 3)
            : null,
          truth: {
            ...NOT_KUBERNETES,
            certificateName: tls ? false : null,
            versionEndpoint: script.headSeen ? false : null,
            outcome: script.outcome,
          },
        }),
      ];
    },
  }),
);

export const HOSTILE_RECIPES: readonly Recipe[] = [
  ...scripted,
  // Nothing listens: the feed is old, or the host was cleaned up.
  { name: 'gone', weight: 40, named: 0.2, plan: () => [] },
];
