import type { FakePerson } from "./fake-provider.ts"

/** What the APIs of vendors answer about a person, in their own shapes, as they publish them. */
const byHost: Readonly<Record<string, (person: FakePerson, url: URL) => unknown>> = {
  // https://docs.github.com/rest/users/users, https://docs.github.com/rest/users/emails
  "api.github.com": (person, url) =>
    url.pathname === "/user/emails"
      ? [
          { email: "first@elsewhere.example", primary: false, verified: true, visibility: null },
          { email: person.email, primary: true, verified: person.emailVerified === true, visibility: "private" },
        ]
      : {
          id: Number(person.subject),
          login: "octocat",
          name: person.name,
          avatar_url: person.picture,
          // What a profile shows need not be what was verified.
          email: "shown@elsewhere.example",
        },
  // https://docs.discord.com/developers/resources/user
  "discord.com": (person) => ({
    id: person.subject,
    username: "nelly",
    global_name: person.name,
    avatar: person.picture === undefined ? null : "8342729096ea3675442027381ff50dfe",
    email: person.email,
    verified: person.emailVerified === true,
  }),
  // https://developers.facebook.com/docs/graph-api/reference/user
  "graph.facebook.com": (person) => ({
    id: person.subject,
    name: person.name,
    ...(person.email !== undefined && { email: person.email }),
    picture: { data: { height: 200, is_silhouette: false, url: person.picture, width: 200 } },
  }),
  // https://docs.x.com/x-api/users/get-my-user
  "api.x.com": (person, url) => ({
    data: {
      id: person.subject,
      name: person.name,
      username: "ana",
      profile_image_url: person.picture,
      ...(url.searchParams.get("user.fields")?.includes("confirmed_email") && { confirmed_email: person.email }),
    },
  }),
}

/** @returns undefined for a host that is no vendor's. */
export function vendorAnswer(person: FakePerson, url: URL): unknown {
  const host = url.pathname.startsWith("/api/v3/") ? "api.github.com" : url.hostname
  const at = url.pathname.startsWith("/api/v3/") ? new URL(url.href.replace("/api/v3", "")) : url
  return byHost[host]?.(person, at)
}
