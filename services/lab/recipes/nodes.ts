// Hosts that show something else than the API server: worker nodes, careless control planes, etcd, agents.
import { API_PROFILES } from '../certificate-profiles.ts';
import { apiServer } from './apiservers.ts';
import { aggregated, controller, etcd, kubelet, plain } from './components.ts';
import { type Recipe, service } from './recipe.ts';

const NODE: readonly [distribution: string, oldest: number, newest: number] = ['plain', 20, 36];

export const NODE_RECIPES: readonly Recipe[] = [
  { name: 'node', weight: 60, named: 0, plan: (site) => [kubelet(site, site.cluster(...NODE))] },
  {
    name: 'node-anonymous-kubelet',
    weight: 4,
    named: 0,
    plan: (site) => [kubelet(site, site.cluster(...NODE), { anonymous: true })],
  },
  {
    name: 'node-k3s',
    weight: 10,
    named: 0,
    plan: (site) => [kubelet(site, site.cluster('k3s', 24, 36), { k3s: true })],
  },
  {
    name: 'node-kubeadm',
    weight: 20,
    named: 0,
    plan: (site) => {
      const cluster = site.cluster(...NODE);
      return [kubelet(site, cluster), plain(cluster, 'kube-proxy-healthz')];
    },
  },
  {
    name: 'node-aks',
    weight: 12,
    named: 0,
    plan: (site) => {
      const cluster = site.cluster('plain', 26, 34);
      return [kubelet(site, cluster), plain(cluster, 'kube-proxy-metrics'), plain(cluster, 'kube-proxy-healthz')];
    },
  },
  {
    name: 'node-gke',
    weight: 12,
    named: 0,
    plan: (site) => {
      const cluster = site.cluster('gke', 24, 34);
      return [kubelet(site, cluster), plain(cluster, 'kubelet-readonly')];
    },
  },
  {
    name: 'node-healthz',
    weight: 5,
    named: 0,
    plan: (site) => {
      const cluster = site.cluster(...NODE);
      return [kubelet(site, cluster), plain(cluster, 'kubelet-healthz')];
    },
  },
  {
    name: 'control-plane-bare',
    weight: 20,
    named: 0.3,
    plan: (site) => {
      const cluster = site.cluster('plain', 22, 36);
      return [
        apiServer(site, cluster, 6443, 'kubeadm', 'public'),
        etcd(site, cluster, 'etcd-client', 'required'),
        etcd(site, cluster, 'etcd-peer', 'required'),
        kubelet(site, cluster),
        plain(cluster, 'kube-proxy-healthz'),
      ];
    },
  },
  {
    name: 'control-plane-misconfigured',
    weight: 10,
    named: 0.2,
    plan: (site) => {
      const cluster = site.cluster('plain', 20, 34);
      return [
        apiServer(site, cluster, 6443, 'kubeadm', 'public'),
        controller(site, cluster, 'kube-controller-manager'),
        controller(site, cluster, 'kube-scheduler'),
        plain(cluster, 'etcd-metrics'),
        plain(cluster, 'kube-proxy-metrics'),
        plain(cluster, 'kubelet-healthz'),
      ];
    },
  },
  {
    name: 'cloud-controller',
    weight: 4,
    named: 0,
    plan: (site) => [controller(site, site.cluster('plain', 24, 34), 'cloud-controller-manager')],
  },
  {
    name: 'etcd-mutual-tls',
    weight: 10,
    named: 0,
    plan: (site) => {
      const cluster = site.cluster(...NODE);
      return [etcd(site, cluster, 'etcd-client', 'required'), etcd(site, cluster, 'etcd-peer', 'required')];
    },
  },
  {
    name: 'etcd-open',
    weight: 5,
    named: 0,
    plan: (site) => {
      const cluster = site.cluster(...NODE);
      return [etcd(site, cluster, 'etcd-client', 'none'), etcd(site, cluster, 'etcd-peer', 'none')];
    },
  },
  {
    name: 'aggregated-apiserver',
    weight: 6,
    named: 0,
    plan: (site) => [aggregated(site, site.cluster('plain', 26, 35))],
  },
  {
    name: 'konnectivity',
    weight: 4,
    named: 0,
    plan: (site) => {
      const cluster = site.cluster('plain', 26, 35);
      return [
        service({
          port: 8132,
          kind: 'konnectivity',
          transport: 'tls',
          certificate: API_PROFILES.kubeadm({
            cluster,
            address: site.address,
            node: site.node,
            names: site.names,
            now: site.now,
          }),
          build: cluster.build,
          cluster,
          truth: {
            component: 'konnectivity',
            gradeAtLeast: 'possible',
            certificateName: true,
            versionEndpoint: null,
            gitVersion: null,
            distribution: null,
            authentication: null,
            outcome: 'http_malformed',
          },
        }),
      ];
    },
  },
];
