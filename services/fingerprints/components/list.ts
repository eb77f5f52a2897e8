// Every component kubecensus can name. Where two reach the same grade, the one that stands first wins.
import type { Component } from '../component.ts';
import { AGGREGATED_APISERVER } from './aggregated-apiserver.ts';
import { CLOUD_CONTROLLER_MANAGER } from './cloud-controller-manager.ts';
import { ETCD_CLIENT } from './etcd-client.ts';
import { ETCD_METRICS } from './etcd-metrics.ts';
import { ETCD_PEER } from './etcd-peer.ts';
import { K3S_SUPERVISOR } from './k3s-supervisor.ts';
import { KONNECTIVITY } from './konnectivity.ts';
import { KUBE_APISERVER } from './kube-apiserver.ts';
import { KUBE_CONTROLLER_MANAGER } from './kube-controller-manager.ts';
import { KUBE_PROXY_HEALTHZ } from './kube-proxy-healthz.ts';
import { KUBE_PROXY_METRICS } from './kube-proxy-metrics.ts';
import { KUBE_SCHEDULER } from './kube-scheduler.ts';
import { KUBECTL_PROXY } from './kubectl-proxy.ts';
import { KUBELET } from './kubelet.ts';
import { KUBELET_HEALTHZ } from './kubelet-healthz.ts';
import { KUBELET_READONLY } from './kubelet-readonly.ts';
import { KUBERNETES_DASHBOARD } from './kubernetes-dashboard.ts';
import { RANCHER } from './rancher.ts';
import { RKE2_SUPERVISOR } from './rke2-supervisor.ts';

export const COMPONENT_LIST: readonly Component[] = [
  KUBECTL_PROXY,
  RKE2_SUPERVISOR,
  K3S_SUPERVISOR,
  KONNECTIVITY,
  KUBE_APISERVER,
  AGGREGATED_APISERVER,
  KUBELET,
  CLOUD_CONTROLLER_MANAGER,
  KUBE_SCHEDULER,
  KUBE_CONTROLLER_MANAGER,
  KUBELET_HEALTHZ,
  KUBELET_READONLY,
  KUBE_PROXY_METRICS,
  KUBE_PROXY_HEALTHZ,
  ETCD_METRICS,
  ETCD_PEER,
  ETCD_CLIENT,
  RANCHER,
  KUBERNETES_DASHBOARD,
];
