// kube-proxy: metrics on 10249, node health as JSON on 10256.
import type { Behaviour } from './answer.ts';
import { goAnswer, healthy, JSON_TYPE, metrics, NO_SNIFF, notFound } from './go-http.ts';

export const kubeProxyMetrics: Behaviour = (request, moment) => {
  if (request.path === '/healthz') return healthy(request, moment.now);
  if (request.path === '/metrics') return metrics(request, moment.now, ['kubeproxy_sync_proxy_rules_iptables_total']);
  return notFound(request, moment.now);
};

/** Go's time.String() with its monotonic part, as kube-proxy prints it. */
function goTime(at: Date, startedAt: Date): string {
  const text = at.toISOString();
  const millis = at.getUTCMilliseconds();
  const fraction = millis === 0 ? '' : `.${String(millis).padStart(3, '0').replace(/0+$/, '')}`;
  const monotonic = Math.max(0, at.getTime() - startedAt.getTime()) / 1000;
  return `${text.slice(0, 10)} ${text.slice(11, 19)}${fraction} +0000 UTC m=+${monotonic.toFixed(9)}`;
}

/** nodeEligible was added in 1.28 (KEP-3836). */
export const kubeProxyHealthz: Behaviour = (request, moment) => {
  if (request.path !== '/healthz') return notFound(request, moment.now);
  const time = goTime(moment.now, moment.startedAt);
  const eligible = (moment.service.build?.minor ?? 0) >= 28 ? ',"nodeEligible": true' : '';
  return goAnswer(request, moment.now, {
    status: 200,
    headers: [JSON_TYPE, NO_SNIFF],
    body: `{"lastUpdated": "${time}","currentTime": "${time}"${eligible}}`,
  });
};
