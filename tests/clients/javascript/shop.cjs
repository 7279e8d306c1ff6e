// Creates a hosted zone, a record set and a health check, then prints as JSON: the replies that the test looks at.
const route53 = require("@aws-sdk/client-route-53");

async function main() {
  const client = new route53.Route53Client({ region: "us-east-1", maxAttempts: 1 });
  const created = await client.send(
    new route53.CreateHostedZoneCommand({ Name: "javascript.test", CallerReference: "javascript-1" }),
  );
  const zone = created.HostedZone.Id;
  const records = [
    { Name: "www.javascript.test", Type: "A", TTL: 60, ResourceRecords: [{ Value: "192.0.2.1" }] },
    { Name: "text.javascript.test", Type: "TXT", TTL: 60, ResourceRecords: [{ Value: '"a & <b>" "it\'s"' }] },
  ];
  const changed = await client.send(
    new route53.ChangeResourceRecordSetsCommand({
      HostedZoneId: zone,
      ChangeBatch: { Changes: records.map((record) => ({ Action: "UPSERT", ResourceRecordSet: record })) },
    }),
  );
  const waited = await route53.waitUntilResourceRecordSetsChanged(
    { client, maxWaitTime: 100, minDelay: 1, maxDelay: 1 },
    { Id: changed.ChangeInfo.Id },
  );
  const listed = [];
  let page = {};
  do {
    page = await client.send(
      new route53.ListResourceRecordSetsCommand({
        HostedZoneId: zone,
        MaxItems: 1,
        StartRecordName: page.NextRecordName,
        StartRecordType: page.NextRecordType,
      }),
    );
    listed.push(...page.ResourceRecordSets);
  } while (page.IsTruncated);
  const check = await client.send(
    new route53.CreateHealthCheckCommand({
      CallerReference: "javascript-1",
      HealthCheckConfig: { Type: "TCP", IPAddress: "192.0.2.1", Port: 80, Disabled: true },
    }),
  );
  const read = await client.send(new route53.GetHealthCheckCommand({ HealthCheckId: check.HealthCheck.Id }));
  await client.send(new route53.DeleteHealthCheckCommand({ HealthCheckId: check.HealthCheck.Id }));
  const error = await client
    .send(new route53.GetHealthCheckCommand({ HealthCheckId: check.HealthCheck.Id }))
    .catch((raised) => raised);
  console.log(
    JSON.stringify({
      servers: created.DelegationSet.NameServers.length,
      waited: waited.state,
      listed: listed.map((set) => [set.Name, set.Type, set.ResourceRecords.map((record) => record.Value)]),
      check: read.HealthCheck.HealthCheckConfig,
      error: error.name,
      isRefused: error instanceof route53.NoSuchHealthCheck,
    }),
  );
}

main();
