// Which behaviour answers for which kind of service: one line per kind. The hostile have scripts instead.
import type { LabKind } from '../host.ts';
import type { Behaviour } from './answer.ts';
import { cloudControllerManager, kubeControllerManager, kubeScheduler } from './controllers.ts';
import { etcdClient, etcdMetrics, etcdPeer } from './etcd.ts';
import { konnectivity } from './konnectivity.ts';
import { aggregatedApiserver, kubeApiserver } from './kube-apiserver.ts';
import { kubeProxyHealthz, kubeProxyMetrics } from './kube-proxy.ts';
import { kubelet, kubeletHealthz, kubeletReadonly } from './kubelet.ts';
import { bacalhau, ingressNginx, kubernetesDashboard, nginx, pythonStub, rancher, web } from './lookalikes.ts';
import { rke2Supervisor } from './supervisor.ts';

export const BEHAVIOURS: Readonly<Record<Exclude<LabKind, 'hostile'>, Behaviour>> = {
  'kube-apiserver': kubeApiserver,
  'aggregated-apiserver': aggregatedApiserver,
  kubelet,
  'kubelet-healthz': kubeletHealthz,
  'kubelet-readonly': kubeletReadonly,
  'kube-controller-manager': kubeControllerManager,
  'kube-scheduler': kubeScheduler,
  'cloud-controller-manager': cloudControllerManager,
  'kube-proxy-metrics': kubeProxyMetrics,
  'kube-proxy-healthz': kubeProxyHealthz,
  'etcd-client': etcdClient,
  'etcd-peer': etcdPeer,
  'etcd-metrics': etcdMetrics,
  'rke2-supervisor': rke2Supervisor,
  konnectivity,
  'kubernetes-dashboard': kubernetesDashboard,
  // kubectl proxy adds its own credentials, so what is behind it answers everything.
  'kubectl-proxy': kubeApiserver,
  rancher,
  nginx,
  'ingress-nginx': ingressNginx,
  web,
  'python-stub': pythonStub,
  bacalhau,
};
