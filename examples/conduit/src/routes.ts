import { accountRoutes } from "./routes/accounts.ts"
import { articleRoutes } from "./routes/articles.ts"
import { commentRoutes } from "./routes/comments.ts"
import { profileRoutes } from "./routes/profiles.ts"

/** Everything that the API does. */
export const conduitRoutes = {
  accounts: accountRoutes,
  profiles: profileRoutes,
  articles: articleRoutes,
  comments: commentRoutes,
}
