// What tests, and the curious, can ask in the browser's console.

/** The network's outputs on a list of inputs, from an empty memory. */
function run(agentName, inputs) {
  const agent = AGENTS[agentName];
  const outputs = { logits: [], values: [] };
  let memory = emptyMemory(agent);
  for (const input of inputs) {
    const after = networkStep(agent, memory, input);
    memory = after.memory;
    outputs.logits.push([...after.logits]);
    outputs.values.push(after.value);
  }
  return outputs;
}

/** The actions that the best player may take on each step of a history, given the steps before. */
function bestActions(gameId, trials, history) {
  const game = games[gameId];
  let belief = game.initialBelief();
  return history.map((happened, step) => {
    const scores = bestScores(game, trials, belief, { step, place: happened.place });
    belief = game.update(belief, happened);
    return bestOf(scores);
  });
}

/** The machines' regret in many episodes: for each player, a list of numbers. */
function simulate(gameId, trials, episodes) {
  const all = {};
  for (let seed = 0; seed < episodes; seed++) {
    const { players } = newRound(gameId, trials, seed, "");
    for (const [name, played] of Object.entries(players)) {
      if (name !== "you") (all[name] ??= []).push(regretOf(played));
    }
  }
  return all;
}

window.metarl = { run, bestActions, simulate, csv, now: () => round };
