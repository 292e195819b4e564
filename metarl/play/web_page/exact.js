// The best players of independent arms, computed here rather than stored: the tables would be large.

/**
 * Solves two independent arms exactly, backwards from the last trial (Bradt, Johnson & Karlin 1956,
 * Ann. Math. Stat. 27; Bellman 1956, Sankhya 16), as metarl/exact/dynamic_programme.py does.
 *
 * Returns, for trial t and n1 pulls of the first arm, the better choice in each state (w1, w2): 1 if
 * it is the first arm, -1 if it is the second, 0 in a tie. A hundred trials take a tenth of a second.
 */
const solveTwoArms = remember((trials) => {
  const tie = 1e-10; // rounding errors are a thousandth of this
  let later = Array.from({ length: trials + 1 }, (_, n1) => grid(n1, trials - n1, Float64Array));
  const choices = Array(trials);
  for (let trial = trials - 1; trial >= 0; trial--) {
    const values = [];
    choices[trial] = [];
    for (let n1 = 0; n1 <= trial; n1++) {
      const n2 = trial - n1;
      const afterFirst = later[n1 + 1];
      const afterSecond = later[n1];
      const value = grid(n1, n2, Float64Array);
      const choice = grid(n1, n2, Int8Array);
      for (let w1 = 0, at = 0; w1 <= n1; w1++) {
        for (let w2 = 0; w2 <= n2; w2++, at++) {
          const lost1 = afterFirst[at];
          const won1 = afterFirst[at + n2 + 1];
          const lost2 = afterSecond[at + w1];
          const won2 = afterSecond[at + w1 + 1];
          const first = lost1 + ((w1 + 1) / (n1 + 2)) * (1 + won1 - lost1);
          const second = lost2 + ((w2 + 1) / (n2 + 2)) * (1 + won2 - lost2);
          value[at] = Math.max(first, second);
          choice[at] = Math.abs(first - second) > tie ? Math.sign(first - second) : 0;
        }
      }
      values.push(value);
      choices[trial].push(choice);
    }
    later = values;
  }
  return choices;
});

/**
 * The Gittins index of an arm for the pulls that remain: the highest charge per pull at which it
 * still pays to pull the arm, with the option to stop at any time (Gittins 1979, J. R. Stat. Soc. B
 * 41). It is the highest ratio of expected reward to expected number of pulls that a rule for
 * stopping can reach; each round finds the best rule for the ratio so far, and then its ratio.
 */
const gittinsIndex = remember((wins, pulls, remaining) => {
  let charge = (wins + 1) / (pulls + 2);
  for (;;) {
    const gains = new Float64Array(remaining + 1); // of pulling on, by further wins; else stop
    const times = new Float64Array(remaining + 1); // the expected number of pulls
    for (let further = remaining - 1; further >= 0; further--) {
      for (let won = 0; won <= further; won++) {
        const p = (wins + won + 1) / (pulls + further + 2);
        const ifWon = gains[won + 1] > 0 ? p : 0;
        const ifLost = gains[won] > 0 ? 1 - p : 0;
        times[won] = 1 + ifWon * times[won + 1] + ifLost * times[won];
        gains[won] = p - charge + ifWon * gains[won + 1] + ifLost * gains[won];
      }
    }
    const better = charge + gains[0] / times[0];
    if (better <= charge + 1e-13) return charge;
    charge = better;
  }
});

function grid(n1, n2, Kind) {
  return new Kind((n1 + 1) * (n2 + 1));
}

/** The function, with its results kept. */
function remember(compute) {
  const known = new Map();
  return (...numbers) => {
    const key = numbers.join();
    if (!known.has(key)) known.set(key, compute(...numbers));
    return known.get(key);
  };
}
