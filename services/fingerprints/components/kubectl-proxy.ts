// kubectl proxy: an API server in the clear, with the rights of whoever started it.
import type { Component } from '../component.ts';

export const KUBECTL_PROXY: Component = {
  name: 'kubectl-proxy',
  title: 'kubectl proxy',
  usualPort: '8001',
  bindsTo: 'localhost',
  authenticates: 'no authentication, no encryption',
  exposure: 'Whoever reaches it acts with the rights of the person who started it, without credentials.',
  inArticle: false,
  advice: ['stop-kubectl-proxy', 'bind-to-localhost'],
  ports: [8001],
  excludedBy: ['etcdVersion', 'certificateName', 'dashboardPage'],
  rules: [
    {
      grade: 'confirmed',
      all: ['lentCredentials'],
      why: 'The list of API paths in the clear from a version that has no port for that, wherever.',
    },
    {
      grade: 'probable',
      all: ['plainTransport', 'rootPaths'],
      port: true,
      why: 'The list of API paths in the clear on the port of kubectl proxy.',
    },
    {
      grade: 'probable',
      all: ['versionEndpoint'],
      none: ['contradictoryVersion', 'foreignVersionHead'],
      port: true,
      why: "An API server's version on the port of kubectl proxy, which hands its headers on.",
    },
    { grade: 'probable', all: ['proxyRefusal'], port: true, why: 'Its refusal of a foreign Host, on its port.' },
    { grade: 'possible', all: ['proxyRefusal'], why: 'Its refusal of a foreign Host.' },
    {
      grade: 'possible',
      any: ['forbiddenStatus', 'unauthorizedStatus', 'healthzOk', 'versionEndpoint'],
      none: ['versionNotFound'],
      port: true,
      why: 'Answers of an API server on the port of kubectl proxy.',
    },
  ],
  authentication: (_facts, indicators) =>
    indicators.versionEndpoint === true || indicators.rootPaths === true ? 'anonymous-full' : null,
};
