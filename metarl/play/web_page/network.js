// The network: one LSTM layer with a linear policy and a linear value, as metarl/agents/lstm.py and
// actor_critic.py compute it. Its weights never change here; its memory is all that learns.

/** Reads float32 numbers from base64. */
function readFloats(text) {
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  return new Float32Array(bytes.buffer);
}

/** Cuts an agent's weights into its matrices, in the order in which metarl/play/web.py wrote them. */
function makeAgent(settings) {
  const { numActions: actions, observationSize, useTrialIndex, numUnits: units } = settings;
  const numInputs = actions + 1 + observationSize + (useTrialIndex ? 1 : 0);
  const all = readFloats(settings.weights);
  let at = 0;
  const take = (size) => all.subarray(at, (at += size));
  return {
    ...settings,
    numInputs,
    inputKernel: take(numInputs * 4 * units),
    hiddenKernel: take(units * 4 * units),
    bias: take(4 * units),
    policyKernel: take(units * actions),
    policyBias: take(actions),
    valueKernel: take(units),
    valueBias: take(1),
  };
}

/** The memory at the start of every episode. */
function emptyMemory(agent) {
  return { cell: new Float64Array(agent.numUnits), hidden: new Float64Array(agent.numUnits) };
}

/**
 * The network's input on one step: one-hot previous action, previous reward, observation, and the
 * step's index as a fraction of the episodes it was trained on. `seen.previous` is -1 at the start.
 */
function encode(agent, seen) {
  const oneHot = Array.from({ length: agent.numActions }, (_, a) => +(a === seen.previous));
  const index = agent.useTrialIndex ? [Math.min(seen.step / agent.numSteps, 1)] : [];
  return [...oneHot, seen.reward / agent.rewardScale, ...seen.observation, ...index];
}

/** Takes one step: cell = f * cell + i * g, hidden = o * tanh(cell). Gates are ordered i, f, g, o. */
function networkStep(agent, memory, inputs) {
  const units = agent.numUnits;
  const sums = Float64Array.from(agent.bias);
  addProduct(sums, inputs, agent.inputKernel);
  addProduct(sums, memory.hidden, agent.hiddenKernel);
  const cell = new Float64Array(units);
  const hidden = new Float64Array(units);
  for (let k = 0; k < units; k++) {
    const input = sigmoid(sums[k]);
    const forget = sigmoid(sums[units + k]);
    const candidate = Math.tanh(sums[2 * units + k]);
    cell[k] = forget * memory.cell[k] + input * candidate;
    hidden[k] = sigmoid(sums[3 * units + k]) * Math.tanh(cell[k]);
  }
  const logits = Float64Array.from(agent.policyBias);
  addProduct(logits, hidden, agent.policyKernel);
  const value = Float64Array.from(agent.valueBias);
  addProduct(value, hidden, agent.valueKernel);
  return { memory: { cell, hidden }, logits, value: value[0] * agent.rewardScale };
}

/** The action probabilities of logits. */
function softmax(logits) {
  const highest = Math.max(...logits);
  const weights = Array.from(logits, (logit) => Math.exp(logit - highest));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => weight / total);
}

function sigmoid(x) {
  return 1 / (1 + Math.exp(-x));
}

/** Adds vector @ kernel to sums; the kernel has a row for each entry of the vector. */
function addProduct(sums, vector, kernel) {
  const width = sums.length;
  for (let i = 0; i < vector.length; i++) {
    if (vector[i] === 0) continue;
    for (let k = 0, at = i * width; k < width; k++, at++) sums[k] += vector[i] * kernel[at];
  }
}
