import { type Admin, everyItem } from "@ashlar/admin"
import type { Organization, OrgMember, OrgRole } from "@ashlar/sdk"
import type { Command } from "commander"
import type { Cli, Outcome } from "../cli.ts"
import { WrongUsage } from "../errors.ts"
import { choice, type Run } from "../program.ts"
import { toFacts, toTable } from "../text.ts"
import { type TrailFlags, tellTrail, withTrailFlags } from "./trail.ts"

const roles: readonly OrgRole[] = ["viewer", "member", "admin", "owner"]
const ORG = "its slug or id; `personal` is your own"

/** `orgs list|show|create|rename|mfa|members|role|remove|leave|invites|invite|withdraw|join|hand-over|audit|transfer|delete`. */
export function registerOrganizations(program: Command, run: Run): void {
  const orgs = program.command("orgs").description("organizations, which own projects, and who is in them")
  orgs.command("list").description("your organizations").action(run(list))
  orgs.command("show").description("one organization").argument("<org>", ORG).action(run(show))
  orgs.command("create").description("make an organization, and own it").argument("<name>").action(run(create))
  orgs.command("rename").description("its slug stays").argument("<org>", ORG).argument("<name>").action(run(rename))
  orgs
    .command("mfa")
    .description("ask a second factor of all members before they reach anything of it, or leave it to them; for owners")
    .argument("<org>", ORG)
    .argument("<policy>", "required, optional")
    .action(run(setMfa))
  orgs
    .command("delete")
    .description("delete an organization that has no projects")
    .argument("<org>", ORG)
    .option("--yes", "do not ask")
    .action(run(remove))
  registerOrgPeople(orgs, run)
  withTrailFlags(orgs.command("audit").argument("<org>", ORG)).action(run(audit))
  orgs
    .command("transfer")
    .description("give a project that you own to an organization of which you are admin or owner")
    .argument("<project>", "its slug or id")
    .argument("<org>", ORG)
    .option("--yes", "do not ask")
    .action(run(transfer))
}

function registerOrgPeople(orgs: Command, run: Run): void {
  orgs.command("members").description("who is in it").argument("<org>", ORG).action(run(members))
  orgs
    .command("role")
    .description("change what a member may do in all of its projects")
    .argument("<org>", ORG)
    .argument("<email>", "their address")
    .argument("<role>", roles.join(", "))
    .action(run(changeRole))
  orgs
    .command("remove")
    .description("end somebody's membership, and what they are in its projects")
    .argument("<org>", ORG)
    .argument("<email>", "their address")
    .option("--yes", "do not ask")
    .action(run(removeMember))
  orgs
    .command("hand-over")
    .description("make a member its owner in your place; you are admin then")
    .argument("<org>", ORG)
    .argument("<email>", "their address")
    .option("--yes", "do not ask")
    .action(run(handOver))
  orgs
    .command("leave")
    .description("end your membership")
    .argument("<org>", ORG)
    .option("--yes", "do not ask")
    .action(run(leave))
  orgs.command("invites").description("who was asked to join").argument("<org>", ORG).action(run(invites))
  orgs
    .command("invite")
    .description("ask somebody to join, with an account or without; prints the link for them, this once")
    .argument("<org>", ORG)
    .argument("<email>", "their address")
    .addOption(choice("--role <role>", "what they may do", roles).default("member"))
    .addHelpText("after", "\nExample:\n  ashlar orgs invite quarry tomas@example.org --role admin")
    .action(run(invite))
  orgs
    .command("withdraw")
    .description("make the link of an invite worthless")
    .argument("<org>", ORG)
    .argument("<email>", "their address")
    .action(run(withdraw))
  orgs
    .command("join")
    .description("accept an invite")
    .argument("<link>", "the link that you were sent, or its token")
    .action(run(join))
}

async function list(cli: Cli): Promise<Outcome> {
  const admin = cli.admin()
  const all = await Array.fromAsync(everyItem((page) => admin.organizations.list(page)))
  const rows = all.map(({ slug, name, role }) => [slug, name, role])
  return { value: all, text: toTable(["slug", "name", "your role"], rows) }
}

async function show(cli: Cli, org: string): Promise<Outcome> {
  const found = await cli.admin().organizations.get(org)
  return { value: found, text: describe(found) }
}

function describe({ slug, name, id, role, requireMfa, createdAt }: Organization): string {
  const factor = requireMfa ? "asked of all members" : "left to each member"
  return toFacts({ slug, name, id, "your role": role, "second factor": factor, created: createdAt })
}

async function create(cli: Cli, name: string): Promise<Outcome> {
  const made = await cli.admin().organizations.create({ name })
  return { value: made, text: `Made ${made.slug}. A project in it: ashlar projects create <name> --org ${made.slug}` }
}

async function rename(cli: Cli, org: string, name: string): Promise<Outcome> {
  const renamed = await cli.admin().organizations.rename(org, name)
  return { value: renamed, text: describe(renamed) }
}

async function setMfa(cli: Cli, org: string, policy: string): Promise<Outcome> {
  if (policy !== "required" && policy !== "optional")
    throw new WrongUsage(`Expected required or optional, got ${JSON.stringify(policy)}.`)
  const changed = await cli.admin().organizations.setRequireMfa(org, policy === "required")
  return { value: changed, text: describe(changed) }
}

async function remove(cli: Cli, org: string, options: { readonly yes?: boolean }): Promise<Outcome> {
  const { organizations } = cli.admin()
  const found = await organizations.get(org)
  await cli.confirm(`Delete the organization ${found.slug}? There is no way back.`, options.yes)
  await organizations.delete(org)
  return { value: found, text: `Deleted ${found.slug}.` }
}

async function members(cli: Cli, org: string): Promise<Outcome> {
  const all = await membersOf(cli.admin(), org)
  const rows = all.map(({ email, name, role, joinedAt }) => [email, name, role, joinedAt])
  return { value: all, text: toTable(["email", "name", "role", "since"], rows) }
}

function membersOf(admin: Admin, org: string): Promise<OrgMember[]> {
  return Array.fromAsync(everyItem((page) => admin.organizations.members(org, page)))
}

async function findMember(admin: Admin, org: string, email: string): Promise<OrgMember> {
  const found = (await membersOf(admin, org)).find((one) => one.email === email.trim().toLowerCase())
  if (found === undefined) throw new WrongUsage(`${email} is no member. See who is: ashlar orgs members ${org}`)
  return found
}

async function changeRole(cli: Cli, org: string, email: string, wish: string): Promise<Outcome> {
  const role = roles.find((one) => one === wish)
  if (role === undefined) throw new WrongUsage(`Expected a role of ${roles.join(", ")}, got ${wish}.`)
  const admin = cli.admin()
  const { userId } = await findMember(admin, org, email)
  const member = await admin.organizations.changeRole(org, userId, role)
  return { value: member, text: `${member.email} is ${member.role} now.` }
}

async function removeMember(cli: Cli, org: string, email: string, options: { yes?: boolean }): Promise<Outcome> {
  const admin = cli.admin()
  const member = await findMember(admin, org, email)
  await cli.confirm(`Remove ${member.email} from ${org} and all of its projects?`, options.yes)
  await admin.organizations.remove(org, member.userId)
  return { value: member, text: `${member.email} is no member any more.` }
}

async function handOver(cli: Cli, org: string, email: string, options: { yes?: boolean }): Promise<Outcome> {
  const admin = cli.admin()
  const member = await findMember(admin, org, email)
  await cli.confirm(`Make ${member.email} the owner of ${org} in your place?`, options.yes)
  const now = await admin.organizations.handOver(org, member.userId)
  return { value: now, text: `${member.email} owns ${now.name}. You are ${now.role}.` }
}

async function audit(cli: Cli, org: string, flags: TrailFlags): Promise<Outcome> {
  return tellTrail(await cli.admin().organizations.audit(org, flags))
}

async function leave(cli: Cli, org: string, options: { readonly yes?: boolean }): Promise<Outcome> {
  const admin = cli.admin()
  const found = await admin.organizations.get(org)
  await cli.confirm(`Leave ${found.slug} and all of its projects?`, options.yes)
  await admin.organizations.remove(found.id, (await admin.me()).id)
  return { value: found, text: `You are no member of ${found.slug} any more.` }
}

async function invites(cli: Cli, org: string): Promise<Outcome> {
  const admin = cli.admin()
  const all = await Array.fromAsync(everyItem((page) => admin.organizations.invites(org, page)))
  const rows = all.map(({ email, role, invitedBy, expiresAt }) => [email, role, invitedBy, expiresAt])
  const none = `Nobody is asked at the moment. Ask somebody: ashlar orgs invite ${org} <email>`
  return { value: all, text: rows.length === 0 ? none : toTable(["email", "role", "asked by", "until"], rows) }
}

async function invite(cli: Cli, org: string, email: string, options: { readonly role: OrgRole }): Promise<Outcome> {
  const admin = cli.admin()
  const made = await admin.organizations.invite(org, { email, role: options.role })
  const link = `${admin.url}/invite/${made.token}`
  return {
    value: { ...made, link },
    text: `${made.mailed ? `A mail to ${made.invite.email} is on its way. Its` : `Send this to ${made.invite.email}: the`} link works until ${made.invite.expiresAt}, and is shown this once:\n${link}`,
  }
}

async function withdraw(cli: Cli, org: string, email: string): Promise<Outcome> {
  const admin = cli.admin()
  const all = await Array.fromAsync(everyItem((page) => admin.organizations.invites(org, page)))
  const found = all.find((one) => one.email === email.trim().toLowerCase())
  if (found === undefined) throw new WrongUsage(`${email} was not asked. See who was: ashlar orgs invites ${org}`)
  await admin.organizations.withdraw(org, found.id)
  return { value: found, text: `The link of ${found.email} does nothing any more.` }
}

async function join(cli: Cli, link: string): Promise<Outcome> {
  const token = link.slice(link.lastIndexOf("/") + 1)
  const joined = await cli.admin().organizations.join(token)
  return { value: joined, text: `You are ${joined.role} of ${joined.name}.` }
}

async function transfer(cli: Cli, slug: string, org: string, options: { readonly yes?: boolean }): Promise<Outcome> {
  const admin = cli.admin()
  const [project, to] = [await admin.projects.get(slug), await admin.organizations.get(org)]
  const from = project.organization?.name ?? "its organization"
  await cli.confirm(`Give ${project.slug} to ${to.name}? Members of ${from} lose it.`, options.yes)
  const moved = await admin.projects.transfer(slug, org)
  return { value: moved, text: `${moved.slug} belongs to ${to.name} now.` }
}
