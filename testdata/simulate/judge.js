// Reads one simulation of @cloud-copilot/iam-simulate a line and writes one decision a line.
"use strict";

const { createInterface } = require("node:readline");
const { createRequire } = require("node:module");
const { runSimulation } = createRequire(process.argv[2] + "/")("@cloud-copilot/iam-simulate");

(async () => {
  for await (const line of createInterface({ input: process.stdin })) {
    const simulation = JSON.parse(line);
    const answer = await runSimulation(simulation, {});
    const ignored = answer.result?.ignoredContextKeys ?? [];
    let said = answer.overallResult;
    if (answer.resultType === "wildcard") said = answer.results.length === 1 ? answer.overallResult : "several resources";
    if (answer.resultType === "error") said = "error: " + JSON.stringify(answer.errors);
    if (ignored.length > 0) said = "ignores " + ignored.join(", ");
    process.stdout.write(said + "\n");
  }
})();
