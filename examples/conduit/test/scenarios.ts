import type { Scenario } from "./conduit.ts"
import { accounts } from "./scenarios/accounts.ts"
import { articles } from "./scenarios/articles.ts"
import { comments } from "./scenarios/comments.ts"
import { favorites } from "./scenarios/favorites.ts"
import { lists } from "./scenarios/lists.ts"
import { profiles } from "./scenarios/profiles.ts"
import { surroundings } from "./scenarios/surroundings.ts"
import { tokens } from "./scenarios/tokens.ts"

/** All that the specification says, as far as it can be seen from outside. */
export const scenarios: readonly Scenario[] = [
  ...accounts,
  ...tokens,
  ...profiles,
  ...articles,
  ...lists,
  ...comments,
  ...favorites,
  ...surroundings,
]
