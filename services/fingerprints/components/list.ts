// Every component kubecensus can name. Where two reach the same grade, the one that stands first wins.
import type { Component } from '../component.ts';
import { CLOUD_CONTROLLER_MANAGER, KUBE_CONTROLLER_MANAGER, KUBE_SCHEDULER } from './controllers.ts';
import { ETCD_CLIENT, ETCD_METRICS, ETCD_PEER } from './etcd.ts';
import { KUBE_APISERVER } from './kube-apiserver.ts';
import { KUBELET } from './kubelet.ts';
import {
  AGGREGATED_APISERVER,
  K3S_SUPERVISOR,
  KONNECTIVITY,
  KUBECTL_PROXY,
  KUBERNETES_DASHBOARD,
  RANCHER,
  RKE2_SUPERVISOR,
} from './neighbours.ts';
import { KUBE_PROXY_HEALTHZ, KUBE_PROXY_METRICS, KUBELET_HEALTHZ, KUBELET_READONLY } from './node-plain-ports.ts';

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
