export type { ApprovalsFile, ApprovalsFileOptions } from './approvals-file.ts';
export { openApprovalsFile } from './approvals-file.ts';
export type { FetchLimits, GuardedFetchOptions } from './guard-options.ts';
export { guardedFetch } from './guarded-fetch.ts';
export type { GuardedPost, PostOptions, PostOutcome } from './guarded-post.ts';
export { guardedPost } from './guarded-post.ts';
export type { FollowOptions, PolicyFile, PolicyFollower } from './policy-file.ts';
export { followPolicyFile, readPolicyFile } from './policy-file.ts';
export type { ResolvedAddress, ResolveHost } from './resolve-host.ts';
