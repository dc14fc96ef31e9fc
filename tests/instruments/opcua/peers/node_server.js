// node-opcua's server: every tag counts the ticks. Argument: JSON.
const opcua = require("node-opcua");
const fs = require("fs");
const options = JSON.parse(process.argv[2]);
const security = options.security || {};
(async () => {
  const policies = (security.policies || ["None"]).map((name) => opcua.SecurityPolicy[name]);
  const settings = {
    port: options.port, host: "127.0.0.1", hostname: "127.0.0.1", resourcePath: "/",
    securityPolicies: policies,
    securityModes: policies.includes(opcua.SecurityPolicy.None) && policies.length === 1
      ? [opcua.MessageSecurityMode.None] : [opcua.MessageSecurityMode.SignAndEncrypt],
    disableDiscovery: false,
    allowAnonymous: !security.users,
    userManager: { isValidUser: (name, word) => (security.users || {})[name] === word },
    serverCapabilities: { maxSessions: 20 },
  };
  const manager = new opcua.OPCUACertificateManager({
    rootFolder: options.folder, automaticallyAcceptUnknownCertificate: !options.strict,
  });
  await manager.initialize();
  settings.serverCertificateManager = manager;
  const server = new opcua.OPCUAServer(settings);
  await server.initialize();
  const space = server.engine.addressSpace;
  const own = space.registerNamespace("urn:hydromet:simulated");
  const nodes = [];
  for (let n = 0; n < (options.tags || 10); n++) {
    nodes.push(own.addVariable({
      organizedBy: space.rootFolder.objects, browseName: `T${n}`, nodeId: `s=T${n}`, dataType: "Double",
      minimumSamplingInterval: 10, value: { dataType: opcua.DataType.Double, value: -1 },
    }));
  }
  await server.start();
  const truth = options.truth ? fs.createWriteStream(options.truth, { flags: "a" }) : null;
  let tick = options.first || 0;
  console.log("ready");
  const turn = () => {
    const now = new Date();
    for (const node of nodes) {
      node.setValueFromSource({ dataType: opcua.DataType.Double, value: tick }, opcua.StatusCodes.Good, now);
    }
    if (truth) truth.write(`${now.getTime()}000000,${tick}\n`);
    tick++;
    // The next one a whole interval later, however late this one was: two ticks closer than the sampling interval are
    // one change to this server, and a busy machine must not make them so.
    setTimeout(turn, (options.interval || 0.1) * 1000);
  };
  turn();
})().catch((error) => { console.error(error); process.exit(1); });
