// The families of tasks, by the rules of metarl/envs: bandit.py, reversal.py, two_step.py.
//
// `task.better` and `task.probs` hold an entry for each trial. `place` is where the player is: 0 the
// choice; in the two-step task, 1 and 2 are the second states. A belief is an ideal observer's.

/** Arms that pay 1 with their own win probability, which stays for an episode. */
class Bandit {
  constructor(settings) {
    this.numActions = settings.num_arms;
    this.correlated = settings.reward_structure === "correlated";
    this.stepsPerTrial = 1;
    this.greedyIsOptimal = this.correlated;
  }

  drawTask(random, trials) {
    const probs = Array.from({ length: this.numActions }, random);
    if (this.correlated) probs[1] = 1 - probs[0];
    return { probs: Array(trials).fill(probs) };
  }

  observe() {
    return [];
  }

  /** An arm pays if the tape's number for it is below its win probability. */
  step(task, trial, place, action, tape) {
    return { place: 0, reward: +(tape[action] < task.probs[trial][action]) };
  }

  /** The expected reward each action can still bring in this trial, to one who knows the task. */
  values(task, trial) {
    return task.probs[trial];
  }

  initialBelief() {
    const zeros = Array(this.numActions).fill(0);
    return { wins: zeros, losses: zeros };
  }

  update(belief, { action, reward }) {
    const add = (counts, amount) => counts.map((count, a) => count + (a === action ? amount : 0));
    return { wins: add(belief.wins, reward), losses: add(belief.losses, 1 - reward) };
  }

  /** The parameters of each arm's Beta posterior; in a pair, a win of one is a loss of the other. */
  posterior({ wins, losses }) {
    const pair = this.correlated;
    return wins.map((won, a) => [
      won + 1 + (pair ? losses[1 - a] : 0),
      losses[a] + 1 + (pair ? wins[1 - a] : 0),
    ]);
  }

  expected(belief) {
    return this.posterior(belief).map(([a, b]) => a / (a + b));
  }

  drawValues(random, belief) {
    const posterior = this.posterior(belief);
    if (!this.correlated) return posterior.map(([a, b]) => drawBeta(random, a, b));
    const first = drawBeta(random, ...posterior[0]);
    return [first, 1 - first];
  }
}

/** Two arms that win with p and 1 - p, and swap without notice. */
class Reversal {
  constructor(settings) {
    this.numActions = 2;
    this.p = settings.win_probability;
    this.hazard = settings.hazard;
    this.stepsPerTrial = 1;
    this.greedyIsOptimal = true;
  }

  drawTask(random, trials) {
    const better = drawReversals(random, trials, this.hazard);
    return { better, probs: better.map((best) => pairOf(best, this.p)) };
  }

  observe() {
    return [];
  }

  step(task, trial, place, action, tape) {
    return { place: 0, reward: +(tape[action] < task.probs[trial][action]) };
  }

  values(task, trial) {
    return task.probs[trial];
  }

  /** The probability that the first arm is the better one. */
  initialBelief() {
    return 0.5;
  }

  update(belief, { action, reward }) {
    return swapped(learn(belief, (action === 0) === reward > 0, this.p), this.hazard);
  }

  expected(belief) {
    return mixed(belief, pairOf(0, this.p), pairOf(1, this.p));
  }

  drawValues(random, belief) {
    return pairOf(random() < belief ? 0 : 1, this.p);
  }
}

/** A first choice leads, usually, to its own second state; one of these pays with p. */
class TwoStep {
  constructor(settings) {
    this.numActions = 2;
    this.p = settings.win_probability;
    this.common = settings.common_probability;
    this.hazard = settings.hazard;
    this.stepsPerTrial = 2;
    this.greedyIsOptimal = true;
  }

  drawTask(random, trials) {
    const better = drawReversals(random, trials, this.hazard);
    return { better, probs: better.map((best) => pairOf(best, this.p)) };
  }

  /** One-hot: the first choice and the two second states. */
  observe(place) {
    return [0, 1, 2].map((entry) => +(entry === place));
  }

  /** The tape's first number says whether a transition is common; number s, whether state s pays. */
  step(task, trial, place, action, tape) {
    if (place === 0) {
      return { place: 1 + (tape[0] < this.common ? action : 1 - action), reward: 0 };
    }
    return { place: 0, reward: +(tape[place - 1] < task.probs[trial][place - 1]) };
  }

  values(task, trial, place) {
    return this.valuesIf(task.better[trial], place);
  }

  valuesIf(better, place) {
    const pays = pairOf(better, this.p);
    if (place > 0) return [pays[place - 1], pays[place - 1]];
    return mixed(this.common, pays, [pays[1], pays[0]]);
  }

  /** The probability that the first of the second states is the better one. */
  initialBelief() {
    return 0.5;
  }

  update(belief, { place, reward }) {
    if (place === 0) return belief;
    return swapped(learn(belief, (place === 1) === reward > 0, this.p), this.hazard);
  }

  expected(belief, place) {
    return mixed(belief, this.valuesIf(0, place), this.valuesIf(1, place));
  }

  drawValues(random, belief, place) {
    return this.valuesIf(random() < belief ? 0 : 1, place);
  }
}

const FAMILIES = { bandit: Bandit, reversal: Reversal, two_step: TwoStep };

/** The tape of one episode: for each step, a random number for each action. */
function drawTape(random, game, trials) {
  const row = () => Array.from({ length: game.numActions }, random);
  return Array.from({ length: trials * game.stepsPerTrial }, row);
}

/** Which of two options is the better one on each trial: first a fair coin, then the reversals. */
function drawReversals(random, trials, hazard) {
  let better = 0;
  return Array.from({ length: trials }, (_, trial) => {
    if (random() < (trial === 0 ? 0.5 : hazard)) better = 1 - better;
    return better;
  });
}

/** Bayes' rule for the probability that the first option is the better one. */
function learn(belief, speaksForFirst, p) {
  const chance = speaksForFirst ? p : 1 - p;
  return (belief * chance) / (belief * chance + (1 - belief) * (1 - chance));
}

/** The same probability one trial later: the options may have swapped. */
function swapped(belief, hazard) {
  return belief * (1 - hazard) + (1 - belief) * hazard;
}

function pairOf(better, p) {
  return better === 0 ? [p, 1 - p] : [1 - p, p];
}

function mixed(weight, first, second) {
  return first.map((value, i) => weight * value + (1 - weight) * second[i]);
}
