"""The office: the venue's cold side, which carries out acts and what falls due.

A request is decoded, its actor's right is checked, the rule of its act checks everything else, and only then is it done, or proposed to a
second person.  What is refused has changed nothing.  All state is in the desk and the venue, and follows from the requests and their times.
"""

from collections.abc import Callable
from typing import Any

import msgspec
from msgspec.structs import replace

from engine.venue import (
    accounts,
    acts,
    attestations,
    calendars,
    calling,
    claims,
    deposits,
    holds,
    instruments,
    issuance,
    minting,
    multipliers,
    parties,
    persons,
    redeeming,
    references,
    steering,
    stops,
    supplies,
    winding,
    withdrawals,
)
from engine.venue.acts import Approve, BaseAct, Decline, Outcome, Request
from engine.venue.archive import desk_image, restore_desk
from engine.venue.desk import Answered, By, Desk, Do, done, refused
from engine.venue.registers import Proposal

Rule = Callable[[Desk, Any, By], Do]

RULES: dict[type[BaseAct], Rule] = {
    acts.AddAsset: instruments.add_asset,
    acts.ListInstrument: instruments.list_instrument,
    acts.SetFees: instruments.set_fees,
    acts.SetTicks: instruments.set_ticks,
    acts.SetCollar: references.set_collar,
    acts.SetReference: references.set_reference,
    acts.SetCalendar: calendars.set_calendar,
    acts.SetSession: calendars.set_session,
    acts.SetStatus: steering.set_status,
    acts.SetAuction: steering.set_auction,
    acts.CancelOrders: steering.cancel_orders,
    acts.SetMultiplier: multipliers.set_multiplier,
    acts.WindDown: winding.wind_down,
    acts.StopWindDown: winding.stop_wind_down,
    acts.SetCloseOut: claims.set_close_out,
    acts.PayClaim: claims.pay_claim,
    acts.Onboard: parties.onboard,
    acts.ChangeSubscriber: parties.change_subscriber,
    acts.SetLimits: parties.set_limits,
    acts.RefuseAccess: parties.refuse_access,
    acts.OpenAccount: accounts.open_account,
    acts.ChangeAccount: accounts.change_account,
    acts.OpenSession: accounts.open_session,
    acts.CloseSession: accounts.close_session,
    acts.ApproveHolder: accounts.approve_holder,
    acts.UpdateSanctions: stops.update_sanctions,
    acts.KillSwitch: stops.kill_switch,
    acts.Deposit: deposits.deposit,
    acts.CreditDeposit: deposits.credit_deposit,
    acts.FailDeposit: deposits.fail_deposit,
    acts.Transfer: deposits.transfer,
    acts.RequestWithdrawal: withdrawals.request_withdrawal,
    acts.ScreenWithdrawal: withdrawals.screen_withdrawal,
    acts.HoldWithdrawal: withdrawals.hold_withdrawal,
    acts.ReleaseWithdrawal: withdrawals.release_withdrawal,
    acts.FailWithdrawal: withdrawals.fail_withdrawal,
    acts.BustTrade: withdrawals.bust_trade,
    acts.PlaceHold: holds.place_hold,
    acts.LiftHold: holds.lift_hold,
    acts.AddAttestor: attestations.add_attestor,
    acts.RemoveAttestor: attestations.remove_attestor,
    acts.SetIssuance: issuance.set_issuance,
    acts.SetAuthorised: issuance.set_authorised,
    acts.Attest: attestations.attest,
    acts.RequestMint: minting.request_mint,
    acts.HedgeMint: minting.hedge_mint,
    acts.ConfirmCustody: minting.confirm_custody,
    acts.Mint: minting.mint,
    acts.DeliverMint: minting.deliver_mint,
    acts.FailMint: minting.fail_mint,
    acts.RequestRedeem: redeeming.request_redeem,
    acts.BurnRedeem: redeeming.burn_redeem,
    acts.ReleaseRedeem: redeeming.release_redeem,
    acts.FailRedeem: redeeming.fail_redeem,
    acts.ReportSupply: supplies.report_supply,
    acts.GrantRole: persons.grant_role,
    acts.RevokeRole: persons.revoke_role,
    acts.Found: persons.found,
}
SECOND_IF: dict[type[BaseAct], Callable[[Desk, Any], bool]] = {
    acts.SetStatus: steering.resumes,
    acts.SetCalendar: calendars.opens,
    acts.SetReference: references.is_confirmed,
    acts.SetLimits: parties.limits_loosen,
    acts.ChangeSubscriber: parties.limits_loosen,
    acts.UpdateSanctions: stops.clears,
    acts.KillSwitch: stops.switches_off,
    acts.FailMint: minting.burns,
}
DUE: dict[str, tuple[str, Callable[[Desk, str, By], None]]] = {
    "call": ("a call or a pause ended", calling.call_due),
    "kyc": ("KYC ended", parties.kyc_due),
    "multiplier": ("a multiplier came into force", multipliers.multiplier_due),
    "reference": ("the reference aged", references.reference_due),
    "session": ("the calendar", calendars.session_due),
    "ticks": ("a tick table came into force", instruments.ticks_due),
    "wind-down": ("the wind-down", winding.wind_down_due),
    "reserve": ("the attestation grew old", issuance.reserve_due),
}


class Office(Desk):
    """The venue's cold side.  It alone calls the narrow face of the Venue; the sequencer alone calls it."""

    def apply(self, payload: bytes, ts_ns: int) -> Outcome:
        """Carry out a packed Request at a time, and say what became of it.  A refusal changes nothing."""
        try:
            request = acts.decode(payload)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            return Outcome(accepted=False, code="MALFORMED", text=str(error))
        try:
            do = self._judge(request, ts_ns)
        except Answered as answered:
            return answered.outcome
        outcome = do()
        self.answer_strikes(ts_ns)
        return outcome

    def try_out(self, request: Request, ts_ns: int) -> Outcome:
        """Say what would become of a request, without doing it; what it would give a number has none yet."""
        try:
            self._judge(request, ts_ns)
        except Answered as answered:
            return answered.outcome
        if self._needs_second(request.act):
            return Outcome(accepted=True, code="PROPOSED", text="it would wait for a second person")
        return Outcome(accepted=True, code="DONE", text="it would be done")

    def pass_time(self, ts_ns: int) -> None:
        """Do what has fallen due, soonest first."""
        while entry := self.agenda.take(ts_ns):
            _, what, whom = entry
            reason, do = DUE[what]
            do(self, whom, By(persons.TIME, reason, ts_ns))
            self.answer_strikes(ts_ns)

    def answer_strikes(self, ts_ns: int) -> None:
        """Pause the instruments whose books have stopped matching by themselves, in the command that made them."""
        calling.answer_strikes(self, ts_ns)

    def image(self) -> bytes:
        """Return the registers as bytes: equal registers give equal bytes.  What the venue has is in the venue's own image."""
        return desk_image(self)

    def restore(self, image: bytes) -> None:
        """Become what an image of an office says; this one must be empty, and its venue restored.

        Raises ImageFault, a ValueError, for an image that no office can have made: this one must then be thrown away.
        """
        restore_desk(self, image)

    @property
    def next_due_ns(self) -> int:
        """When `pass_time` has something to do next; 2**63 - 1 if never."""
        return self.agenda.next_due_ns

    def _judge(self, request: Request, ts_ns: int) -> Do:
        act, by = request.act, By(request.actor, request.reason, ts_ns)
        persons.check_actor(self, request.actor, act)
        if isinstance(act, Approve):
            return self._approve(act, by)
        if isinstance(act, Decline):
            return self._decline(act, by)
        do = RULES[type(act)](self, act, by)
        return self._propose(request, by) if self._needs_second(act) else do

    def _needs_second(self, act: BaseAct) -> bool:
        asked = SECOND_IF.get(type(act))
        return self.founded and (act.second_person or (asked is not None and asked(self, act)))

    def _propose(self, request: Request, by: By) -> Do:
        for proposal in self.proposals.values():
            if proposal.state == "open" and proposal.actor == request.actor and proposal.act == request.act:
                raise Answered(_proposed(proposal.number))
        number = len(self.proposals) + 1

        def do() -> Outcome:
            self.proposals[number] = Proposal(number=number, ts_ns=by.ts_ns, actor=request.actor, reason=request.reason, act=request.act)
            return _proposed(number)

        return do

    def _approve(self, act: Approve, by: By) -> Do:
        proposal = persons.open_proposal(self, act.proposal)
        if proposal.actor == by.actor:
            raise refused("SAME_PERSON", f"{by.actor} proposed it; another person must approve it")
        persons.check_actor(self, by.actor, proposal.act)
        both = By(f"{proposal.actor}+{by.actor}", proposal.reason, by.ts_ns)
        carry_out = RULES[type(proposal.act)](self, proposal.act, both)

        def do() -> Outcome:
            self.proposals[act.proposal] = replace(proposal, state="approved", decided_by=by.actor, decided_ns=by.ts_ns)
            return replace(carry_out(), proposal=act.proposal)

        return do

    def _decline(self, act: Decline, by: By) -> Do:
        proposal = persons.open_proposal(self, act.proposal)
        if proposal.actor != by.actor:
            persons.check_actor(self, by.actor, proposal.act)

        def do() -> Outcome:
            self.proposals[act.proposal] = replace(proposal, state="declined", decided_by=by.actor, decided_ns=by.ts_ns)
            return done(f"proposal {act.proposal} is declined")

        return do


def _proposed(number: int) -> Outcome:
    return Outcome(accepted=True, code="PROPOSED", text=f"proposal {number} waits for a second person", proposal=number)
