// node-opcua's server: every tag counts the ticks. Argument: JSON.
const opcua = require("node-opcua");
const fs = require("fs");
const options = JSON.parse(process.argv[2]);
const security = options.security || {};

// Instruments of LADS (OPC 30500) and PA-DIM (OPC 30081), made from the types of their own nodesets.
function companion(space, own) {
  const index = (name) => space.getNamespaceIndex(`http://opcfoundation.org/UA/${name}/`);
  const [lads, padim] = [index("LADS"), index("PADIM")];
  const folder = (parent, name, of) => own.addObject({
    browseName: { name, namespaceIndex: of }, ...(parent ? { componentOf: parent } : { organizedBy: space.rootFolder.objects }),
  });
  const describe = (variable, low, high, unit) => {
    variable.euRange.setValueFromSource({ dataType: opcua.DataType.ExtensionObject, value: new opcua.Range({ low, high }) });
    variable.engineeringUnits.setValueFromSource({ dataType: opcua.DataType.ExtensionObject, value: unit });
    return variable;
  };
  const reactor = folder(folder(null, "Reactor", own.index), "FunctionalUnitSet", lads);
  const functions = folder(folder(reactor, "Leach", own.index), "FunctionSet", lads);
  const sensor = space.findObjectType("AnalogScalarSensorFunctionType", lads).instantiate({
    browseName: { name: "Temperature", namespaceIndex: own.index }, componentOf: functions, namespace: own,
  });
  const signals = folder(folder(null, "PT102", own.index), "SignalSet", padim);
  const signal = space.findObjectType("AnalogSignalType", padim).instantiate({
    browseName: { name: "Pressure", namespaceIndex: own.index }, componentOf: signals, namespace: own,
  });
  describe(sensor.sensorValue, 0, 120, opcua.standardUnits.degree_celsius);
  describe(signal.analogSignal, 0, 16, opcua.standardUnits.bar);
  return [sensor.sensorValue, signal.analogSignal];
}

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
  if (options.companion) {
    const known = opcua.nodesets;
    settings.nodeset_filename = ["standard", "di", "ia", "machinery", "amb", "lads", "irdi", "padim"]
      .map((name) => known[name]).filter((file) => file);
  }
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
  if (options.companion) nodes.push(...companion(space, own));
  await server.start();
  const truth = options.truth ? fs.createWriteStream(options.truth, { flags: "a" }) : null;
  let tick = options.first || 0;
  // This server looks at its variables by a timer. What it never took between two looks it did not offer: told apart.
  const merged = options.truth ? fs.createWriteStream(`${options.truth}.merged`, { flags: "a" }) : null;
  const enqueue = opcua.MonitoredItem.prototype._enqueue_value;
  opcua.MonitoredItem.prototype._enqueue_value = function (sample, ...rest) {
    const value = sample.value && sample.value.value;
    if (merged && typeof value === "number") {
      for (let n = (this.taken ?? value) + 1; n < value; n++) merged.write(`${this.node.browseName.name},${n}\n`);
      this.taken = value;
    }
    return enqueue.call(this, sample, ...rest);
  };
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
