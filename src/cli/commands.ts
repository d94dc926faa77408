import { access } from './access.ts';
import { agentEnrol } from './agent-enrol.ts';
import { agentGet } from './agent-get.ts';
import { agentList } from './agent-list.ts';
import { agentOnboard } from './agent-onboard.ts';
import { agentResume } from './agent-resume.ts';
import { agentRetire } from './agent-retire.ts';
import { agentSuspend } from './agent-suspend.ts';
import { agentToken } from './agent-token.ts';
import { agentUpdate } from './agent-update.ts';
import { apply } from './apply.ts';
import { auditCheckReceipt } from './audit-check-receipt.ts';
import { auditExport } from './audit-export.ts';
import { auditReceipt } from './audit-receipt.ts';
import { auditVerify } from './audit-verify.ts';
import { backup } from './backup.ts';
import { backupVerify } from './backup-verify.ts';
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
import { databaseMove } from './database-move.ts';
import { demo } from './demo.ts';
import { devCertificate } from './dev-certificate.ts';
import { diff } from './diff.ts';
import { doctor } from './doctor.ts';
import { enrolmentApprove } from './enrolment-approve.ts';
import { enrolmentCreate } from './enrolment-create.ts';
import { enrolmentList } from './enrolment-list.ts';
import { enrolmentReject } from './enrolment-reject.ts';
import { enrolmentWithdraw } from './enrolment-withdraw.ts';
import { explain } from './explain.ts';
import { exportAgents } from './export.ts';
import { findings } from './findings.ts';
import { inspect } from './inspect.ts';
import { issuerDistrust } from './issuer-distrust.ts';
import { issuerKeyActivate } from './issuer-key-activate.ts';
import { issuerKeyCompromise } from './issuer-key-compromise.ts';
import { issuerKeyList } from './issuer-key-list.ts';
import { issuerKeyPrepare } from './issuer-key-prepare.ts';
import { issuerKeyRetire } from './issuer-key-retire.ts';
import { issuerKeyRotate } from './issuer-key-rotate.ts';
import { issuerList } from './issuer-list.ts';
import { issuerTrust } from './issuer-trust.ts';
import { keyCompromise } from './key-compromise.ts';
import { keyList } from './key-list.ts';
import { keyRetire } from './key-retire.ts';
import { keyRotate } from './key-rotate.ts';
import { lint } from './lint.ts';
import { organizationCreate } from './organization-create.ts';
import { organizationGet } from './organization-get.ts';
import { organizationList } from './organization-list.ts';
import { organizationUpdate } from './organization-update.ts';
import { orphans } from './orphans.ts';
import { ownerDepart } from './owner-depart.ts';
import { ownerList } from './owner-list.ts';
import { ownerReturn } from './owner-return.ts';
import { probe } from './probe.ts';
import { restore } from './restore.ts';
import { revoke } from './revoke.ts';
import { ruleAdd } from './rule-add.ts';
import { ruleList } from './rule-list.ts';
import { ruleRemove } from './rule-remove.ts';
import { schemaAdd } from './schema-add.ts';
import { schemaList } from './schema-list.ts';
import { serve } from './serve.ts';
import { ssfCheck } from './ssf-check.ts';
import { streamDelete } from './stream-delete.ts';
import { streamList } from './stream-list.ts';
import { streamRotateKey } from './stream-rotate-key.ts';
import { streamVerify } from './stream-verify.ts';
import { suspend } from './suspend.ts';
import { sync } from './sync.ts';
import { templateCreate } from './template-create.ts';
import { templateGet } from './template-get.ts';
import { templateList } from './template-list.ts';
import { tokenCreate } from './token-create.ts';
import { tokenExchange } from './token-exchange.ts';
import { tokenList } from './token-list.ts';
import { tokenRevoke } from './token-revoke.ts';
import { verifierServe } from './verifier-serve.ts';
import { verify } from './verify.ts';
import { webhookCreate } from './webhook-create.ts';
import { webhookDelete } from './webhook-delete.ts';
import { webhookDeliveries } from './webhook-deliveries.ts';
import { webhookDisable } from './webhook-disable.ts';
import { webhookEnable } from './webhook-enable.ts';
import { webhookList } from './webhook-list.ts';
import { webhookRedeliver } from './webhook-redeliver.ts';
import { webhookRotateSecret } from './webhook-rotate-secret.ts';
import { webhookTest } from './webhook-test.ts';
import { workloadRuleCreate } from './workload-rule-create.ts';
import { workloadRuleDelete } from './workload-rule-delete.ts';
import { workloadRuleList } from './workload-rule-list.ts';

/**
 * Every command, in the order of the help text. Their files are light: what is heavy (the service,
 * the demo, the verifier) is imported by the command that needs it, once it runs.
 */
export const commands: readonly Command[] = [
  demo,
  doctor,
  serve,
  devCertificate,
  configCheck,
  configShow,
  databaseMove,
  backup,
  backupVerify,
  restore,
  agentOnboard,
  agentEnrol,
  agentList,
  agentGet,
  agentUpdate,
  agentSuspend,
  agentResume,
  agentRetire,
  apply,
  diff,
  exportAgents,
  agentToken,
  credentialIssue,
  credentialList,
  credentialGet,
  credentialRenew,
  credentialRevoke,
  credentialSuspend,
  credentialResume,
  revoke,
  suspend,
  keyRotate,
  keyList,
  keyRetire,
  keyCompromise,
  enrolmentCreate,
  enrolmentList,
  enrolmentApprove,
  enrolmentReject,
  enrolmentWithdraw,
  templateCreate,
  templateList,
  templateGet,
  schemaAdd,
  schemaList,
  issuerKeyList,
  issuerKeyPrepare,
  issuerKeyActivate,
  issuerKeyRotate,
  issuerKeyRetire,
  issuerKeyCompromise,
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
  ssfCheck,
  sync,
  auditVerify,
  organizationCreate,
  organizationList,
  organizationGet,
  organizationUpdate,
  auditExport,
  auditReceipt,
  auditCheckReceipt,
  tokenCreate,
  tokenList,
  tokenRevoke,
  tokenExchange,
  workloadRuleCreate,
  workloadRuleList,
  workloadRuleDelete,
  webhookCreate,
  webhookList,
  webhookTest,
  webhookDeliveries,
  webhookRedeliver,
  webhookRotateSecret,
  webhookEnable,
  webhookDisable,
  webhookDelete,
  streamList,
  streamVerify,
  streamDelete,
  streamRotateKey,
];
