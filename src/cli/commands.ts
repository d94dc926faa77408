import { access } from './access.ts';
import { agentGet } from './agent-get.ts';
import { agentList } from './agent-list.ts';
import { agentOnboard } from './agent-onboard.ts';
import { agentResume } from './agent-resume.ts';
import { agentRetire } from './agent-retire.ts';
import { agentSuspend } from './agent-suspend.ts';
import { auditVerify } from './audit-verify.ts';
import type { Command } from './command.ts';
import { configCheck } from './config-check.ts';
import { configShow } from './config-show.ts';
import { credentialGet } from './credential-get.ts';
import { credentialImport } from './credential-import.ts';
import { credentialImports } from './credential-imports.ts';
import { credentialIssue } from './credential-issue.ts';
import { credentialList } from './credential-list.ts';
import { credentialRenew } from './credential-renew.ts';
import { credentialResume } from './credential-resume.ts';
import { credentialRevoke } from './credential-revoke.ts';
import { credentialSuspend } from './credential-suspend.ts';
import { demo } from './demo.ts';
import { devCertificate } from './dev-certificate.ts';
import { explain } from './explain.ts';
import { findings } from './findings.ts';
import { inspect } from './inspect.ts';
import { issuerDistrust } from './issuer-distrust.ts';
import { issuerList } from './issuer-list.ts';
import { issuerTrust } from './issuer-trust.ts';
import { lint } from './lint.ts';
import { orphans } from './orphans.ts';
import { ownerDepart } from './owner-depart.ts';
import { ownerList } from './owner-list.ts';
import { ownerReturn } from './owner-return.ts';
import { probe } from './probe.ts';
import { ruleAdd } from './rule-add.ts';
import { ruleList } from './rule-list.ts';
import { ruleRemove } from './rule-remove.ts';
import { serve } from './serve.ts';
import { sync } from './sync.ts';
import { tokenCreate } from './token-create.ts';
import { tokenList } from './token-list.ts';
import { tokenRevoke } from './token-revoke.ts';
import { verifierServe } from './verifier-serve.ts';
import { verify } from './verify.ts';

/**
 * Every command, in the order of the help text. Their files are light: what is heavy (the service,
 * the demo, the verifier) is imported by the command that needs it, once it runs.
 */
export const commands: readonly Command[] = [
  demo,
  serve,
  devCertificate,
  configCheck,
  configShow,
  agentOnboard,
  agentList,
  agentGet,
  agentSuspend,
  agentResume,
  agentRetire,
  credentialIssue,
  credentialList,
  credentialGet,
  credentialRenew,
  credentialRevoke,
  credentialSuspend,
  credentialResume,
  credentialImport,
  credentialImports,
  access,
  orphans,
  findings,
  ruleAdd,
  ruleList,
  ruleRemove,
  ownerDepart,
  ownerReturn,
  ownerList,
  issuerTrust,
  issuerDistrust,
  issuerList,
  verify,
  inspect,
  explain,
  lint,
  probe,
  verifierServe,
  sync,
  auditVerify,
  tokenCreate,
  tokenList,
  tokenRevoke,
];
