// Kubernetes Dashboard: a cluster in a browser.
import type { Component } from '../component.ts';

export const KUBERNETES_DASHBOARD: Component = {
  name: 'kubernetes-dashboard',
  title: 'Kubernetes Dashboard',
  usualPort: 'any',
  bindsTo: 'inside the cluster',
  authenticates: 'TLS, token',
  exposure: 'A login to the cluster in a browser; old installations let one skip it.',
  inArticle: false,
  advice: ['protect-dashboard'],
  ports: [8443, 443, 30000],
  excludedBy: ['versionEndpoint'],
  rules: [{ grade: 'confirmed', all: ['dashboardPage'], why: 'Its page.' }],
  authentication: () => null,
};
