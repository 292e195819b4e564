// What the page says.

const NAMES = { you: "You", agent: "Network", "best possible": "Best possible" };

/** A player's name on the page. */
function nameOf(name) {
  return NAMES[name] ?? name;
}

function percent(p) {
  return `${Number((100 * p).toFixed(1))}%`;
}

function capital(text) {
  return text[0].toUpperCase() + text.slice(1);
}

/** What the network is, in two sentences. */
function aboutNetwork(agent) {
  const tasks = agent.episodes.toLocaleString("en");
  return (
    `The network is one layer of ${agent.numUnits} LSTM units, trained by reinforcement learning ` +
    `on ${tasks} tasks of this kind. Its weights are frozen now, and it still learns: what it finds ` +
    "out about your task is held in the activity of its units."
  );
}

/** Each game: its title, its rules, its number of trials at first, and its best player. */
const GAMES = {
  independent: {
    title: "Two arms",
    trials: 20,
    rules: () =>
      "Each arm wins with a chance of its own, from 0 to 100%, drawn anew in every episode.",
    best: "Bayes-optimal: the exact solution for two arms, by working backwards from the last trial.",
  },
  correlated: {
    title: "Two linked arms",
    trials: 20,
    rules: () =>
      "The chances of the two arms add up to 100%: if one wins on 30% of trials, the other wins on 70%.",
    best:
      "Takes the arm that is more likely the better one. That is optimal here, because each arm says " +
      "as much about both chances as the other.",
  },
  ten_arms: {
    title: "Ten arms",
    trials: 50,
    rules: () =>
      "Each arm wins with a chance of its own, from 0 to 100%, drawn anew in every episode.",
    best:
      "Pulls the arm with the highest Gittins index for the remaining trials. That comes close to the " +
      "best possible, which has too many states to be computed for ten arms.",
  },
  reversal: {
    title: "Reversal",
    trials: 50,
    rules: (game) =>
      `One arm wins with ${percent(game.p)}, the other with ${percent(1 - game.p)}. Before each ` +
      `trial they swap with a chance of ${percent(game.hazard)}, and nobody tells you.`,
    best: "Works out by Bayes’ rule which arm is probably better now, and pulls it. That is optimal here.",
  },
  two_step: {
    title: "Two steps",
    trials: 50,
    rules: (game) =>
      `Left leads to state A and right to state B, on ${percent(game.common)} of trials; otherwise it is ` +
      `the other way round. One state wins with ${percent(game.p)}, the other with ` +
      `${percent(1 - game.p)}. They swap with a chance of ${percent(game.hazard)} before each trial.`,
    best: "Works out by Bayes’ rule which state is probably better now, and goes there. That is optimal here.",
  },
};

const LENGTHS = [20, 50, 100];

/** The name of each action of a game. */
function actionNames(game) {
  if (game.stepsPerTrial === 2) return ["left", "right"];
  return Array.from({ length: game.numActions }, (_, arm) => `arm ${arm + 1}`);
}

/** What the person can do now. */
function prompt(game, place) {
  if (place > 0)
    return `You are in state ${"AB"[place - 1]}. Collect what it holds: click it, or press 1.`;
  if (game.stepsPerTrial === 2) return "Choose left or right: click, or press 1 or 2.";
  const keys = game.numActions === 10 ? "1 to 9, or 0 for arm 10" : "1 or 2";
  return `Choose an arm: click it, or press ${keys}.`;
}

/** The last outcome, for the eye and for the ear. */
function outcome(game, step) {
  const look = step.reward ? "won" : "missed";
  const sign = step.reward ? "✓" : "✕";
  const where = step.place > 0 ? `state ${"AB"[step.place - 1]}` : actionNames(game)[step.action];
  return (
    `<span class="chip ${look}"><span aria-hidden="true">${sign} </span>You ${look}</span>` +
    `<span class="more">Trial ${step.trial + 1}, ${where}.</span>`
  );
}

/** What the critic's value means; it depends on the rewards the network was trained on. */
function valueText(agent, value) {
  const told =
    agent.trainedOn === "sampled"
      ? "the reward it expects from here on"
      : "minus the regret it expects from here on";
  const amount = value.toFixed(2).replace("-", "−");
  return `<strong>Value ${amount}</strong>: ${told}; later trials count less.`;
}

/** What is watched, and what happened last in it. */
function watchedText(round, own) {
  const { game, players } = round;
  const whose = `<strong>${own ? "Its own" : "Your"} episode.</strong> `;
  if (players.you.over) return `${whose}On the last step:`;
  if (!own) return `${whose}What it would do now if it had seen what you saw:`;
  const count = players.you.steps.length;
  const [before, next] = [players.agent.steps[count - 1], players.agent.steps[count]];
  const names = actionNames(game);
  let text = whose + (before ? `It chose ${names[before.action]}` : "");
  if (before?.place > 0 || (before && game.stepsPerTrial === 1)) {
    text += ` and ${before.reward ? "won" : "missed"}`;
  }
  if (next?.place > 0)
    return `${text}, and came to state ${"AB"[next.place - 1]}. Either action collects:`;
  return `${text}${before ? ". " : ""}What it will do next:`;
}

/** The result in one sentence. */
function verdict(round) {
  const { you, agent } = round.players;
  const [yours, its] = [you.score, agent.score];
  const than =
    yours > its ? "You beat the network" : yours < its ? "The network beat you" : "A draw";
  return `${than}: you won ${yours} of ${round.trials} trials, the network ${its}.`;
}

/** Why one episode says little, and what many have said. */
function luck(round, rounds) {
  const { agent, best } = round;
  const average = (name) =>
    (rounds.reduce((sum, each) => sum + regretOf(each.players[name]), 0) / rounds.length).toFixed(
      2,
    );
  const names = Object.keys(round.players);
  const mine =
    rounds.length > 1
      ? `Mean regret of your ${rounds.length} episodes: ${names.map((name) => `${nameOf(name)} ${average(name)}`).join(", ")}. `
      : "One episode is mostly luck. ";
  const known = best === null ? "" : `; the best possible is ${best.toFixed(2)}`;
  return (
    `${mine}Over ${agent.tested.toLocaleString("en")} episodes of ${agent.trainedTrials} trials, the ` +
    `network’s mean regret is ${agent.regret.toFixed(2)}${known}.`
  );
}

/** On which trials the options swapped, counted from 0. */
function swapsOf(task) {
  return (task.better ?? []).flatMap((better, trial, all) =>
    trial > 0 && better !== all[trial - 1] ? [trial] : [],
  );
}

/** What an option really was, shown when the episode is over. */
function truthOf(round, option) {
  if (!round.task.better) return `won with ${round.task.probs[0][option].toFixed(2)}`;
  const trials = round.task.better.filter((better) => better === option).length;
  return `better in ${trials} of ${round.trials} trials`;
}
