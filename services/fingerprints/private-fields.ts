// The one list of what is stored and may lead to somebody's machine or cluster. Reports and rollups never hold it; exports mark it.

/** "table.column", or "table.column: part of it" -> why it stays out of what is published. */
export const PRIVATE_FIELDS = {
  'candidate.key': 'address or name of an endpoint, and its port',
  'candidate.host': 'address or name of an endpoint',
  'candidate.address': 'address of an endpoint',
  'survey_target.host': 'address or name of an endpoint',
  'survey_target.address': 'address of an endpoint',
  'survey_target.server_name': 'name of a host',
  'observation.host': 'address or name of an endpoint',
  'observation.address': 'address of an endpoint',
  'observation.server_name': 'name of a host',
  'observation.detail': 'words of a server or of an error, which may hold an address',
  'observation.evidence_digest': 'whoever has the evidence finds the endpoint by it',
  'observation.body_digest': 'whoever has the bodies finds the endpoints by it',
  'observation.verdict: cluster.keys':
    'joins the endpoints of one cluster; hashed with the key of the installation and still an identifier',
  'endpoint_state.address': 'address of an endpoint',
  'survey_suspect.address': 'address of an endpoint',
  'certificate.sha256': 'engines and logs find the host by it',
  'certificate.spki_sha256': 'engines and logs find every certificate and host of the key by it',
  'certificate.subject': 'host, organisation and node names',
  'certificate.issuer': "names and founding time of somebody's own authority",
  'certificate.dns_names': 'internal host names, project ids, names of clusters and of their owners',
  'certificate.ip_addresses': 'addresses inside networks, and public addresses of other machines',
  'sighting_evidence.body': 'the evidence itself: certificates, UIDs of flow schemas, whole answers',
  'quarantine.excerpt': 'a row of a feed as it came',
  'opt_out.value': 'who asked not to be asked',
  'opt_out.note': 'what they wrote',
  'idempotency_key.body': 'an answer as it was given, which may say who asked not to be asked',
  'opt_out.verified_by': 'who checked that',
  'opt_out_request.value': 'who asks not to be asked',
  'opt_out_request.note': 'what they wrote',
  'opt_out_request.token': 'what only those who run the zone shall say',
  'complaint.value': 'what somebody complained about',
  'complaint.contact': 'who complained',
  'complaint.note': 'what they wrote',
  'complaint.outcome': 'what became of it',
} as const satisfies Readonly<Record<string, string>>;

export type PrivateField = keyof typeof PRIVATE_FIELDS;
