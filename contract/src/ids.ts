// Branded ids: a group's id can never be passed where an account's is asked for, at no cost at run time.

declare const brand: unique symbol
type Id<Name extends string> = string & { readonly [brand]: Name }

export type EnterpriseId = Id<'enterprise'>
export type DepartmentId = Id<'department'>
export type GroupId = Id<'group'>
export type UserId = Id<'user'>
export type KeyId = Id<'key'>
export type AccountId = Id<'account'>
export type LimitId = Id<'limit'>
export type RequestId = Id<'request'>
