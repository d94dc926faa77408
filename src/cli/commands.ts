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
import { credentialIssue } from './credential-issue.ts';
import { credentialList } from './credential-list.ts';
import { credentialRenew } from './credential-renew.ts';
import { credentialResume } from './credential-resume.ts';
import { credentialRevoke } from './credential-revoke.ts';
import { credentialSuspend } from './credential-suspend.ts';
import { demo } from './demo.ts';
import { devCertificate } from './dev-certificate.ts';
import { explain } from './explain.ts';
import { inspect } from './inspect.ts';
import { issuerKeyActivate } from './issuer-key-activate.ts';
import { issuerKeyCompromise } from './issuer-key-compromise.ts';
import { issuerKeyList } from './issuer-key-list.ts';
import { issuerKeyPrepare } from './issuer-key-prepare.ts';
import { issuerKeyRetire } from './issuer-key-retire.ts';
import { issuerKeyRotate } from './issuer-key-rotate.ts';
import { lint } from './lint.ts';
import { probe } from './probe.ts';
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
  issuerKeyList,
  issuerKeyPrepare,
  issuerKeyActivate,
  issuerKeyRotate,
  issuerKeyRetire,
  issuerKeyCompromise,
  access,
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
