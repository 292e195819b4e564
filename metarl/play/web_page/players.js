// The machines, and an episode that anyone plays. All meet the same task and the same tape.

/** The frozen network. */
function agentPlayer(agent) {
  return {
    begin: () => emptyMemory(agent),
    act(memory, seen, random) {
      const after = networkStep(agent, memory, encode(agent, seen));
      const action = drawIndex(random, softmax(after.logits));
      return { memory: after.memory, action, value: after.value };
    },
  };
}

/** A player that holds an ideal observer's belief; `choose` acts on it. */
function beliefPlayer(game, choose) {
  return {
    begin: () => game.initialBelief(),
    act(memory, seen, random) {
      const belief = seen.last ? game.update(memory, seen.last) : memory;
      return { memory: belief, action: choose(belief, seen, random) };
    },
  };
}

/** Thompson sampling: draws a task from the belief, and takes the action that is best in it. */
function thompsonPlayer(game) {
  return beliefPlayer(game, (belief, seen, random) => {
    const drawn = game.drawValues(random, belief, seen.place);
    return drawn.indexOf(Math.max(...drawn));
  });
}

/** The best player of a game: the highest score wins, ties are broken at random. */
function bestPlayer(game, trials) {
  return beliefPlayer(game, (belief, seen, random) => {
    const best = bestOf(bestScores(game, trials, belief, seen));
    return best[Math.floor(random() * best.length)];
  });
}

/**
 * The scores by which the best player chooses. Where all choices tell equally much, they are the
 * expected rewards; two independent arms are solved exactly; more have their Gittins indices.
 */
function bestScores(game, trials, belief, seen) {
  if (game.greedyIsOptimal) return game.expected(belief, seen.place);
  const { wins, losses } = belief;
  const pulls = wins.map((won, arm) => won + losses[arm]);
  if (game.numActions === 2) {
    const choices = solveTwoArms(trials)[seen.step][pulls[0]];
    return [choices[wins[0] * (pulls[1] + 1) + wins[1]], 0];
  }
  return wins.map((won, arm) => gittinsIndex(won, pulls[arm], trials - seen.step));
}

/**
 * An episode, played step by step. `steps` is its record: place, action, reward, regret of each
 * step; and `seconds` or `value` where there are any.
 */
class Episode {
  constructor(game, task, tape) {
    Object.assign(this, { game, task, tape, place: 0, steps: [] });
  }

  get trial() {
    return Math.floor(this.steps.length / this.game.stepsPerTrial);
  }

  get over() {
    return this.steps.length === this.tape.length;
  }

  get score() {
    return scoreAfter(this, this.steps.length);
  }

  /** What a player sees before the next step. */
  get seen() {
    const last = this.steps.at(-1);
    return {
      step: this.steps.length,
      place: this.place,
      observation: this.game.observe(this.place),
      previous: last ? last.action : -1,
      reward: last ? last.reward : 0,
      last,
    };
  }

  take(action, more = {}) {
    const { game, task, tape, place, trial, steps } = this;
    const values = game.values(task, trial, place);
    const regret = Math.max(...values) - values[action];
    const after = game.step(task, trial, place, action, tape[steps.length]);
    steps.push({ trial, place, action, reward: after.reward, regret, ...more });
    this.place = after.place;
  }

  /** Lets a machine play to the end. */
  playBy(player, random) {
    let memory = player.begin();
    while (!this.over) {
      const acted = player.act(memory, this.seen, random);
      memory = acted.memory;
      this.take(acted.action, { value: acted.value });
    }
    return this;
  }
}

/** The total reward of the first steps of an episode. */
function scoreAfter(episode, count) {
  return episode.steps.slice(0, count).reduce((sum, step) => sum + step.reward, 0);
}

/** The total regret of an episode. */
function regretOf(episode) {
  return episode.steps.reduce((sum, step) => sum + step.regret, 0);
}

/** On which trials the choice was the best one. In the two-step task, it is the first choice. */
function onBetter(episode) {
  return episode.steps.filter((step) => step.place === 0).map((step) => step.regret === 0);
}

/** The network after some steps of an episode: its probabilities, its value and its memory now. */
function networkAfter(agent, episode, count) {
  const again = new Episode(episode.game, episode.task, episode.tape);
  let now = { memory: emptyMemory(agent) };
  for (let step = 0; step <= Math.min(count, episode.tape.length - 1); step++) {
    now = networkStep(agent, now.memory, encode(agent, again.seen));
    if (step < count) again.take(episode.steps[step].action);
  }
  return { ...now, probabilities: softmax(now.logits) };
}
