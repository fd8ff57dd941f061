-- roll_up: brings the sums of finished jobs up to date; false when more is left.
--
-- Waits for nobody: null where somebody else is at it.
select fleet.roll_up()
